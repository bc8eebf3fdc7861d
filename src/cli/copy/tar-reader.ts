import type { ByteStream } from '../../engine/engine.js';
import { applyPax, BLOCK, decodeHeader, paddingOf, parsePax, type TarEntry } from './tar-header.js';

export interface TarItem {
  readonly entry: TarEntry;
  /** To be read before the next item is asked for; what is left is skipped. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** The longest name or pax header that is taken, bytes. */
const MAX_EXTENSION = 1024 * 1024;

/** The entries of a tar in their order. Throws where it is broken or ends too early. */
export async function* readTar(tar: ByteStream): AsyncGenerator<TarItem> {
  const source = new BlockSource(tar);
  let pax: ReadonlyMap<string, string> = new Map();
  for (let header = await readHeader(source); header !== undefined; header = await readHeader(source)) {
    const { entry, flag } = header;
    if (flag === 'x' || flag === 'L' || flag === 'K') {
      const bytes = await source.readAll(entry.sizeBytes);
      pax = flag === 'x' ? new Map([...pax, ...parsePax(bytes)]) : new Map([...pax, longName(flag, bytes)]);
    } else if (flag === 'g') {
      await source.readAll(entry.sizeBytes);
    } else {
      const whole = applyPax(entry, pax);
      pax = new Map();
      const sized = whole.type === 'file' ? whole : { ...whole, sizeBytes: 0 };
      source.begin(sized.sizeBytes);
      yield { entry: { ...sized, name: sized.name.replace(/\/+$/, '') }, content: source.content() };
      await source.skip();
    }
  }
}

async function readHeader(source: BlockSource): Promise<ReturnType<typeof decodeHeader>> {
  const block = await source.take(BLOCK);
  return block === undefined ? undefined : decodeHeader(block);
}

/** GNU's way to write a name that is too long for its field. */
function longName(flag: 'L' | 'K', bytes: Buffer): readonly [string, string] {
  return [flag === 'L' ? 'path' : 'linkpath', bytes.toString('utf8').replace(/\0.*$/s, '')];
}

class BlockSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);
  #left = 0;
  #padding = 0;

  constructor(tar: ByteStream) {
    this.#chunks = tar[Symbol.asyncIterator]();
  }

  /** Exactly so many bytes; undefined at the end of the stream. */
  async take(length: number): Promise<Buffer | undefined> {
    while (this.#buffer.length < length) {
      const next = await this.#chunks.next();
      if (next.done === true) {
        if (this.#buffer.length > 0) {
          throw new Error('unexpected end of the tar stream');
        }
        return undefined;
      }
      this.#buffer = this.#buffer.length === 0 ? Buffer.from(next.value) : Buffer.concat([this.#buffer, next.value]);
    }
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  /** A short content with its padding. */
  async readAll(sizeBytes: number): Promise<Buffer> {
    if (sizeBytes > MAX_EXTENSION) {
      throw new Error('tar header is too long');
    }
    const bytes = await this.take(sizeBytes + paddingOf(sizeBytes));
    if (bytes === undefined) {
      throw new Error('unexpected end of the tar stream');
    }
    return bytes.subarray(0, sizeBytes);
  }

  begin(sizeBytes: number): void {
    this.#left = sizeBytes;
    this.#padding = paddingOf(sizeBytes);
  }

  async *content(): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      const bytes = await this.take(Math.min(this.#left, Math.max(1, this.#buffer.length)));
      if (bytes === undefined) {
        throw new Error('unexpected end of the tar stream');
      }
      this.#left -= bytes.length;
      yield bytes;
    }
  }

  async skip(): Promise<void> {
    for await (const _ of this.content()) {
      // Read to be thrown away.
    }
    await this.take(this.#padding);
    this.#padding = 0;
  }
}
