import type { Digest } from '../../model/ids.js';
import type { ContentStore } from './content-store.js';
import { type Compression, sniffCompression } from './decompress.js';

/** All bytes of a stream that is known to be small. */
export async function readWhole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const bytes of source) parts.push(bytes);
  return Buffer.concat(parts);
}

/** How a blob is compressed, by its first bytes. Rejects: not-found. */
export async function findCompression(content: Pick<ContentStore, 'read'>, digest: Digest): Promise<Compression> {
  const reader = content.read(digest);
  const first = await reader.next();
  await reader.return(undefined);
  return first.done === true ? 'none' : sniffCompression(first.value);
}
