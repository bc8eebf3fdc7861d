import { createZstdDecompress } from 'node:zlib';

const CHUNK_SIZE = 1 << 18;
const ZSTD_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

/**
 * Expands a stream of zstd frames, RFC 8878. Node's own decompressor stops after the first frame, but layers are made of
 * many (pzstd, zstd:chunked) and of frames to be skipped: so the frames are told apart here, and each gets a
 * decompressor. Rejects with an Error where the data is damaged or cut off.
 */
export async function* expandZstd(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const splitter = new FrameSplitter();
  let expander: ReturnType<typeof startFrame> | undefined;
  try {
    for await (const chunk of source) {
      for (const part of splitter.push(chunk)) {
        expander ??= startFrame();
        yield* expander.write(part.bytes);
        if (!part.last) continue;
        yield* expander.finish();
        expander = undefined;
      }
    }
    if (!splitter.atBoundary) throw new Error('the last frame is cut off');
  } finally {
    expander?.destroy();
  }
}

function startFrame() {
  const stream = createZstdDecompress({ chunkSize: CHUNK_SIZE });
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  const resume = () => wake?.();
  stream.on('readable', resume);
  stream.on('error', (error) => {
    failure = error;
    resume();
  });
  function* read(): Generator<Buffer> {
    for (let bytes = stream.read(); bytes !== null; bytes = stream.read()) yield bytes as Buffer;
    if (failure !== undefined) throw failure;
  }
  /** The output must be read while the input is taken: a small input can expand to more than the stream holds. */
  async function* readUntil(isDone: () => boolean): AsyncGenerator<Buffer> {
    while (!isDone()) {
      yield* read();
      if (isDone()) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    yield* read();
  }
  return {
    async *write(bytes: Buffer): AsyncGenerator<Buffer> {
      let isTaken = false;
      stream.write(bytes, () => {
        isTaken = true;
        resume();
      });
      yield* readUntil(() => isTaken);
    },
    async *finish(): AsyncGenerator<Buffer> {
      let hasEnded = false;
      stream.on('end', () => {
        hasEnded = true;
        resume();
      });
      stream.end();
      yield* readUntil(() => hasEnded);
    },
    destroy: () => void stream.destroy(),
  };
}

interface FramePart {
  readonly bytes: Buffer;
  /** The frame ends with this part. */
  readonly last: boolean;
}

type Expectation = 'magic' | 'skip-size' | 'descriptor' | 'header' | 'block' | 'body' | 'checksum' | 'skip';

/** Cuts a stream into frames; what is to be skipped is left out. Works on the headers of frames and blocks alone. */
class FrameSplitter {
  #expectation: Expectation = 'magic';
  #needed = 4;
  #held = Buffer.alloc(0);
  #hasChecksum = false;
  #isLastBlock = false;

  /** Between two frames. */
  get atBoundary(): boolean {
    return this.#expectation === 'magic' && this.#held.length === 0;
  }

  *push(chunk: Buffer): Generator<FramePart> {
    let rest = chunk;
    while (rest.length > 0) {
      const isStreamed = this.#expectation === 'body' || this.#expectation === 'skip';
      const taken = rest.subarray(0, this.#needed - this.#held.length);
      rest = rest.subarray(taken.length);
      if (isStreamed) yield* this.#pass(taken);
      else yield* this.#hold(taken);
    }
  }

  *#pass(bytes: Buffer): Generator<FramePart> {
    const isSkipped = this.#expectation === 'skip';
    this.#needed -= bytes.length;
    const isDone = this.#needed === 0;
    const isEnd = isDone && (isSkipped || this.#endBlock());
    if (isDone && isSkipped) this.#expect('magic', 4);
    if (!isSkipped) yield { bytes, last: isEnd };
  }

  *#hold(bytes: Buffer): Generator<FramePart> {
    this.#held = Buffer.concat([this.#held, bytes]);
    if (this.#held.length < this.#needed) return;
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    const part = this.#interpret(held);
    if (part !== undefined) yield part;
  }

  #interpret(held: Buffer): FramePart | undefined {
    switch (this.#expectation) {
      case 'magic':
        return this.#readMagic(held);
      case 'skip-size':
        this.#expect(held.readUInt32LE(0) === 0 ? 'magic' : 'skip', held.readUInt32LE(0) || 4);
        return undefined;
      case 'descriptor':
        this.#readDescriptor(held[0] ?? 0);
        return { bytes: held, last: false };
      case 'header':
        this.#expect('block', 3);
        return { bytes: held, last: false };
      case 'block':
        return { bytes: held, last: this.#readBlock(held.readUIntLE(0, 3)) };
      default:
        this.#expect('magic', 4);
        return { bytes: held, last: true };
    }
  }

  #readMagic(held: Buffer): FramePart | undefined {
    const magic = held.readUInt32LE(0);
    if (magic === ZSTD_MAGIC) {
      this.#expect('descriptor', 1);
      return { bytes: held, last: false };
    }
    if ((magic & 0xfffffff0) >>> 0 !== SKIPPABLE_MAGIC) throw new Error('no zstd frame where one must begin');
    this.#expect('skip-size', 4);
    return undefined;
  }

  /** RFC 8878, 3.1.1.1.1: how long the rest of the frame header is. */
  #readDescriptor(descriptor: number): void {
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#expect('header', (isSingleSegment ? 0 : 1) + dictionary + contentSize);
  }

  /** RFC 8878, 3.1.1.2. True if the frame ends here. */
  #readBlock(header: number): boolean {
    this.#isLastBlock = (header & 1) !== 0;
    const isRunLength = ((header >> 1) & 3) === 1;
    const size = isRunLength ? 1 : header >> 3;
    if (size === 0) return this.#endBlock();
    this.#expect('body', size);
    return false;
  }

  #endBlock(): boolean {
    if (!this.#isLastBlock) this.#expect('block', 3);
    else if (this.#hasChecksum) this.#expect('checksum', 4);
    else this.#expect('magic', 4);
    return this.#isLastBlock && !this.#hasChecksum;
  }

  #expect(expectation: Expectation, bytes: number): void {
    this.#expectation = expectation;
    this.#needed = bytes;
  }
}
