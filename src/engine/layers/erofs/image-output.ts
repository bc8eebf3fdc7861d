import { closeSync, openSync, writeSync } from 'node:fs';
import { writeWhole } from '../../../platform/file-parts/write-whole.js';

const BUFFER_SIZE = 1 << 20;

/** A file that is written from its beginning to its end, and in which what was written can be set right. */
export class ImageOutput {
  readonly #file: number;
  /** What `take` gives places in. */
  readonly buffer = Buffer.alloc(BUFFER_SIZE);
  /** Of the file, before what is in the buffer. */
  #flushed = 0;
  #used = 0;
  #isOpen = true;

  constructor(path: string) {
    this.#file = openSync(path, 'wx', 0o600);
  }

  get position(): number {
    return this.#flushed + this.#used;
  }

  /** Zeros up to the next multiple. */
  align(size: number): void {
    const rest = this.position % size;
    if (rest !== 0) this.reserve(size - rest);
  }

  /** Room for the next bytes, all zero; of a length that a buffer has room for. Valid until the next call. */
  reserve(length: number): Buffer {
    const at = this.take(length);
    return this.buffer.subarray(at, at + length);
  }

  /** The same as a place in `buffer`. */
  take(length: number): number {
    if (BUFFER_SIZE - this.#used < length) this.#flush();
    const at = this.#used;
    this.#used += length;
    return at;
  }

  /** At a place that was written before. */
  patch(at: number, bytes: Uint8Array): void {
    if (at >= this.#flushed) this.buffer.set(bytes, at - this.#flushed);
    else writeSync(this.#file, bytes, 0, bytes.length, at);
  }

  close(): void {
    this.#flush();
    this.abort();
  }

  /** Without what is not written yet. */
  abort(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }

  #flush(): void {
    writeWhole(this.#file, this.buffer.subarray(0, this.#used));
    this.#flushed += this.#used;
    this.buffer.fill(0, 0, this.#used);
    this.#used = 0;
  }
}
