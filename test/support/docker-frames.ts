import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** Output in frames, joined by the stream that each is of. */
export interface FramedOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Reads frames to their end. Throws where the last is not whole. */
export function parseFrames(bytes: Buffer): FramedOutput {
  const output = { stdout: '', stderr: '' };
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 4);
    if (at + 8 + length > bytes.length) throw new Error(`a frame of ${length} bytes is cut off`);
    const name = ({ 1: 'stdout', 2: 'stderr' } as const)[bytes[at] as 1 | 2];
    if (name === undefined) throw new Error(`a frame has the type ${bytes[at]}`);
    output[name] += bytes.toString('utf8', at + 8, at + 8 + length);
    at += 8 + length;
  }
  return output;
}

/** All that comes until the other side closes its half. */
export async function readToEnd(stream: Readable, head: Uint8Array = Buffer.alloc(0)): Promise<Buffer> {
  const parts: Uint8Array[] = [head];
  stream.on('data', (bytes: Uint8Array) => parts.push(bytes));
  await once(stream, 'end');
  return Buffer.concat(parts);
}

/** What has come as soon as it has the text. */
export async function readUntil(stream: Readable, text: string, head: Uint8Array = Buffer.alloc(0)): Promise<string> {
  let seen = Buffer.from(head).toString();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    if (seen.includes(text)) resolve();
  };
  const onData = (bytes: Uint8Array): void => {
    seen += Buffer.from(bytes).toString();
    look();
  };
  const onEnd = (): void =>
    reject(new Error(`the stream ended without ${JSON.stringify(text)}: ${JSON.stringify(seen)}`));
  stream.on('data', onData).on('end', onEnd);
  look();
  try {
    await promise;
  } finally {
    stream.off('data', onData).off('end', onEnd);
  }
  return seen;
}
