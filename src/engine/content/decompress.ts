import { closeSync, openSync, readSync } from 'node:fs';
import { createGunzip, type Gunzip } from 'node:zlib';
import { EngineError } from '../../model/errors.js';
import { giveBackMemory } from '../../platform/give-back-memory.js';
import { expandZstd } from './zstd-frames.js';

export type Compression = 'none' | 'gzip' | 'zstd';

const CHUNK_SIZE = 1 << 19;
/** Bytes that tell it. */
const MAGIC_SIZE = 6;

/**
 * The plain bytes of a stream, whatever it is compressed with: gzip of several members, zstd of several frames. What it is
 * is read from its first bytes, since media types and names are often wrong. A part is there until the next one is asked for,
 * and no longer; of the source no more is demanded. Rejects: invalid-argument (broken, or xz and bzip2, which say how to go on).
 */
export async function* decompress(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    const { first, ended } = await readMagic(iterator);
    const whole = concatenate(first, ended ? undefined : iterator);
    const compression = sniffCompression(first);
    if (compression === 'none') yield* whole;
    else yield* expand(whole, compression);
  } finally {
    await iterator.return?.();
  }
}

/** By the first six bytes. Rejects: invalid-argument for what is known and cannot be read. */
export function sniffCompression(first: Buffer): Compression {
  const hex = first.toString('hex', 0, MAGIC_SIZE);
  if (hex.startsWith('1f8b')) return 'gzip';
  // A zstd stream may begin with a frame to be skipped, 184D2A50 to 184D2A5F in little endian.
  if (hex.startsWith('28b52ffd') || /^5[0-9a-f]2a4d18/.test(hex)) return 'zstd';
  if (hex === 'fd377a585a00') throw unsupported('xz', 'xz -d');
  if (hex.startsWith('425a68')) throw unsupported('bzip2', 'bzip2 -d');
  return 'none';
}

/** The same of a file. Throws what reading it throws, too. */
export function readCompression(path: string): Compression {
  const first = Buffer.alloc(MAGIC_SIZE);
  const file = openSync(path, 'r');
  try {
    return sniffCompression(first.subarray(0, readSync(file, first)));
  } finally {
    closeSync(file);
  }
}

function unsupported(name: string, command: string): EngineError {
  return new EngineError('invalid-argument', `the archive is compressed with ${name}: unpack it first with ${command}`);
}

async function readMagic(iterator: AsyncIterator<Uint8Array>): Promise<{ first: Buffer; ended: boolean }> {
  let first = Buffer.alloc(0);
  while (first.length < MAGIC_SIZE) {
    const { value, done } = await iterator.next();
    if (done === true) return { first, ended: true };
    first = Buffer.concat([first, value]);
  }
  return { first, ended: false };
}

async function* concatenate(first: Buffer, rest: AsyncIterator<Uint8Array> | undefined): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  if (rest === undefined) return;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    yield Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
  }
}

async function* expand(source: AsyncIterable<Buffer>, compression: 'gzip' | 'zstd'): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of compression === 'zstd' ? expandZstd(source) : expandGzip(source)) {
      yield bytes;
      giveBackMemory(bytes);
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw damaged(compression, error);
  }
}

export function damaged(compression: Compression, cause?: unknown): EngineError {
  return new EngineError('invalid-argument', `the archive is broken: ${compression} data is damaged or cut off`, {
    cause,
  });
}

async function* expandGzip(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const expander = createGunzip({ chunkSize: CHUNK_SIZE });
  void feed(source, expander);
  try {
    for await (const bytes of expander) yield bytes;
  } finally {
    expander.destroy();
  }
}

/** Asks for the next part when the last one is used up. An error of the source reaches the reader as it is. */
async function feed(source: AsyncIterable<Buffer>, expander: Gunzip): Promise<void> {
  try {
    for await (const bytes of source) {
      await new Promise<void>((resolve, reject) => {
        expander.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    }
    expander.end();
  } catch (error) {
    expander.destroy(error as Error);
  }
}
