import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { readWholeLines } from './read-lines.js';
import { type ProcessEnd, type SpawnedProcess, spawnWithDescriptors } from './spawn-with-descriptors.js';

/** Starts roles of gantry-init for as long as its engine is open. */
export interface ProcessSpawner {
  /**
   * As spawnWithDescriptors: `words` are the role and its arguments. Never rejects: `ended` tells. With `keepsAlive` this
   * process does not end before the other one.
   */
  spawn(
    words: readonly string[],
    descriptors: readonly number[],
    options?: { readonly keepsAlive?: boolean },
  ): Promise<SpawnedProcess>;
  /** What was started goes on. */
  close(): void;
}

/** `MOST_WORDS` of native/spawn.c; and `MOST_TEXT`: more takes a fork. */
const MOST_WORDS = 512;
const MOST_TEXT_BYTES = 65_536;

/** A helper that is there, and whom it is running something for. */
interface Helper {
  readonly control: Duplex;
  /** Where it takes connections. */
  readonly path: string;
  readonly waiting: Map<number, (end: ProcessEnd) => void>;
}

/**
 * Through a small process that does nothing else (native/spawn.c draws the protocol), which is started at the first call. A
 * fork of this process takes 1.5 to 5 ms, in which the event loop stands still, and gets longer with its memory. Where the
 * helper cannot be had, each process is started by a fork of this one.
 */
export function createProcessSpawner(program: string, folder: string): ProcessSpawner {
  let helper: Promise<Helper | undefined> | undefined;
  let isClosed = false;
  let count = 0;
  return {
    spawn: async (words, descriptors, { keepsAlive = false } = {}) => {
      helper ??= startHelper(program, folder);
      const found = await helper;
      const isUsable = found !== undefined && !found.control.destroyed && !isClosed && fits(words);
      const started = isUsable
        ? request(found, ++count, words, descriptors)
        : spawnWithDescriptors(program, words, descriptors);
      if (keepsAlive) holdUntil(started.ended);
      return started;
    },
    close: () => {
      isClosed = true;
      void helper?.then((found) => found?.control.destroy());
    },
  };
}

function fits(words: readonly string[]): boolean {
  const bytes = words.reduce((sum, word) => sum + Buffer.byteLength(word) + 1, 0);
  return words.length <= MOST_WORDS && bytes <= MOST_TEXT_BYTES;
}

/** Neither the helper's socket nor a process that was detached keeps this one alive; a timer does. */
function holdUntil(ended: Promise<ProcessEnd>): void {
  const timer = setInterval(() => undefined, 2 ** 31 - 1);
  void ended.then(() => clearInterval(timer));
}

/** Resolves when the helper takes connections; with nothing where it has ended before. */
function startHelper(program: string, folder: string): Promise<Helper | undefined> {
  const { pid, streams, ended } = spawnWithDescriptors(program, ['spawn', folder], [3]);
  const [control] = streams;
  const ready = Promise.withResolvers<Helper | undefined>();
  if (control === undefined || pid === undefined) return Promise.resolve(undefined);
  let helper: Helper | undefined;
  const follow = async (): Promise<void> => {
    for await (const line of readWholeLines(control)) {
      if (helper !== undefined) takeEnd(helper, line);
      else {
        helper = { control, path: `/proc/${pid}/fd/${line}`, waiting: new Map() };
        // Node types as a plain stream what is a socket.
        (control as Socket).unref();
        ready.resolve(helper);
      }
    }
  };
  const end = (): void => {
    ready.resolve(undefined);
    for (const resolve of helper?.waiting.values() ?? [])
      resolve({ error: new Error('the spawning process has ended') });
    helper?.waiting.clear();
  };
  // However the lines end, nobody tells of anything any more.
  void follow().then(end, end);
  void ended.then(end);
  return ready.promise;
}

function takeEnd({ waiting }: Helper, line: string): void {
  const [request, status] = line.split(' ').map(Number);
  waiting.get(request ?? 0)?.(toProcessEnd(status ?? 0));
  waiting.delete(request ?? 0);
}

/** The word of waitpid(2): the signal in the low seven bits, else the exit code in the next eight. */
function toProcessEnd(status: number): ProcessEnd {
  const signal = status & 0x7f;
  if (signal === 0) return { code: (status >> 8) & 0xff };
  return { error: new Error(`ended by signal ${signal}`) };
}

function request(
  { path, waiting }: Helper,
  number: number,
  words: readonly string[],
  descriptors: readonly number[],
): SpawnedProcess {
  const ended = new Promise<ProcessEnd>((resolve) => waiting.set(number, resolve));
  const text = Buffer.from(words.map((word) => `${word}\0`).join(''));
  const streams = descriptors.map((target, index) => {
    const socket = connect({ path });
    // What has gone wrong shows in the status of the process, or in that it has none.
    socket.on('error', () => undefined);
    socket.write(encodeHead({ number, target, count: descriptors.length, text: index === 0 ? text : Buffer.alloc(0) }));
    return socket;
  });
  return { streams, ended, asked: Promise.all(streams.map(sent)).then(() => undefined) };
}

/** What is written before the connection is there goes out when it is; it does not come where the helper has ended. */
function sent(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', resolve);
  });
}

interface Head {
  readonly number: number;
  readonly target: number;
  readonly count: number;
  readonly text: Buffer;
}

/** `head_t` of native/spawn.c, and the words. */
function encodeHead({ number, target, count, text }: Head): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(number, 0);
  head.writeUInt16LE(target, 4);
  head.writeUInt16LE(count, 6);
  head.writeUInt32LE(text.length, 8);
  return Buffer.concat([head, text]);
}
