import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DigestAnswer, DigestRequest } from './thread-main.js';

export interface Digests {
  /** Of the whole file, in hexadecimal digits; empty where it was not asked for. */
  readonly hex: string;
  /** Of its parts, one behind the other. */
  readonly parts: Buffer;
}

interface AskedFile {
  readonly parts: Uint8Array[];
  readonly answer: PromiseWithResolvers<Digests>;
}

/** It has little in memory: numbers and digests of the files of some megabytes. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };
/** To start a thread takes as long as to digest fifty megabytes. */
const IDLE_MS = 500;

/** A thread that takes digests of files, each known by a number; it ends soon after the last of them. */
export class DigestThread {
  readonly #worker: Worker;
  readonly #files = new Map<number, AskedFile>();
  #idle: NodeJS.Timeout | undefined;
  hasEnded = false;

  constructor() {
    // Beside this file, and named as it is: in the bundle as in what it is bundled from.
    const program = join(import.meta.dirname, `thread-main${extname(import.meta.filename)}`);
    this.#worker = new Worker(program, { resourceLimits: LIMITS });
    this.#worker.on('message', (answer: DigestAnswer) => this.#hear(answer));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error('the thread has ended')));
  }

  enter(id: number): void {
    const answer = Promise.withResolvers<Digests>();
    // Perhaps nobody waits for it any more.
    answer.promise.catch(() => undefined);
    this.#files.set(id, { parts: [], answer });
    clearTimeout(this.#idle);
    this.#worker.ref();
  }

  ask(request: DigestRequest): void {
    this.#worker.postMessage(request);
  }

  async answer(id: number): Promise<Digests> {
    const file = this.#files.get(id);
    if (file === undefined) throw new Error('the file was given up');
    return await file.answer.promise;
  }

  leave(id: number): void {
    const file = this.#files.get(id);
    // It has left before: nothing that waits for the end of the thread may be set up twice.
    if (file === undefined) return;
    file.answer.reject(new Error('the digest was given up'));
    this.#files.delete(id);
    if (!this.hasEnded) this.ask({ id });
    if (this.#files.size > 0) return;
    this.#worker.unref();
    this.#idle = setTimeout(() => {
      this.hasEnded = true;
      void this.#worker.terminate();
    }, IDLE_MS).unref();
  }

  #hear({ id, parts, hex, failure }: DigestAnswer): void {
    const file = this.#files.get(id);
    if (file === undefined) return;
    if (parts !== undefined) file.parts.push(parts);
    if (hex !== undefined) file.answer.resolve({ hex, parts: Buffer.concat(file.parts) });
    if (failure !== undefined) file.answer.reject(new Error(failure));
  }

  #end(reason: Error): void {
    this.hasEnded = true;
    for (const { answer } of this.#files.values()) answer.reject(reason);
  }
}
