import { open, rename, rm } from 'node:fs/promises';
import type { ByteStream } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import { readParts } from '../../platform/file-parts/read-parts.js';
import { writeParts } from '../../platform/file-parts/write-parts.js';

/** Writes a stream to a file, which appears when it is whole; `count` is called with the bytes so far. Rejects: conflict (there is one). */
export async function writeArchiveFile(
  path: string,
  archive: () => Promise<ByteStream>,
  { signal, count }: { readonly signal: AbortSignal; count(bytes: number): void },
): Promise<void> {
  await refuseExisting(path);
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeParts(partial, stoppable(counted(await archive(), count), signal));
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
    return counted(readParts(file, { reuse: true }), (bytes) => count(bytes, size));
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function* stoppable(stream: ByteStream, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    signal.throwIfAborted();
    yield chunk;
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
