import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteStream } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';

/** Writes a stream to a file, which appears when it is whole; `count` is called with the bytes so far. Rejects: conflict (there is one). */
export async function writeArchiveFile(
  path: string,
  archive: () => Promise<ByteStream>,
  { signal, count }: { readonly signal: AbortSignal; count(bytes: number): void },
): Promise<void> {
  await refuseExisting(path);
  const partial = `${path}.${process.pid}.partial`;
  try {
    await pipeline(
      Readable.from(counted(await archive(), count)),
      createWriteStream(partial, { flags: 'wx', mode: 0o600 }),
      { signal },
    );
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw signal.aborted ? new EngineError('cancelled', `${path} was not written`, { cause: error }) : error;
  }
}

/** Opens a file to be read once; `count` is called with the bytes so far and its size. Rejects as open(2) does. */
export async function readArchiveFile(
  path: string,
  count: (doneBytes: number, totalBytes: number) => void,
): Promise<ByteStream> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    return counted(file.createReadStream(), (bytes) => count(bytes, size));
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function* counted(stream: ByteStream, count: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    count(bytes);
    yield chunk;
  }
}

/** A command line overwrites as its user says; here a name is typed, or completed, fast. */
async function refuseExisting(path: string): Promise<void> {
  const file = await open(path).catch(() => undefined);
  await file?.close();
  if (file !== undefined) throw new EngineError('conflict', `${path} is there already`);
}
