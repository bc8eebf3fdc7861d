import type { EntrySink } from '../../platform/tar/file-entry.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import { decompress } from '../content/decompress.js';
import { guardExpansion } from '../content/expansion-guard.js';
import type { ByteStream, Cancellable } from '../engine.js';
import type { Unpacking } from '../layers/unpack-role.js';

/**
 * A tar, plain or compressed, put into an unpacking, which ends with it. `through` is what entries go through before. Rejects:
 * invalid-argument (hostile or broken), cancelled; what was made before stays.
 */
export async function unpackTar(
  unpacking: Unpacking,
  tar: ByteStream,
  { signal, through = (sink) => sink }: Cancellable & { readonly through?: (sink: EntrySink) => EntrySink },
): Promise<void> {
  const reader = new TarReader(through(unpacking));
  const guard = guardExpansion(tar, signal);
  let plainBytes = 0;
  try {
    for await (const bytes of decompress(guard.source)) {
      plainBytes += bytes.length;
      guard.check(plainBytes);
      reader.push(bytes);
      await unpacking.drain();
    }
    reader.finish();
    await unpacking.finish();
  } catch (error) {
    await unpacking.abort();
    throw error;
  }
}
