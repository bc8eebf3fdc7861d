import { encodeFrame, GO_ON_FRAME, STDIN_FRAME } from './attach-frames.js';

/** A connection of this process that a monitor shall read and write itself; native/direct.c is the other end. */
export interface HandOverOffer {
  readonly descriptor: number;
  readonly isFramed: boolean;
  readonly detachKeys?: Uint8Array | undefined;
}

/** What had been read from the connection and is still to be used; the keys that were typed are not among the bytes. */
export interface UnusedInput {
  readonly bytes: Uint8Array;
  readonly matchedKeys: number;
}

/** How a connection that was handed over was left; with nothing when the process has ended, or the monitor's connection to this one. */
export type Leaving = 'detached' | 'gone' | undefined;

/** `DETACH_KEYS_LIMIT` of native/detach-keys.h. */
const DETACH_KEYS_MAX = 56;
/** Bits as in `hello`. */
const OUTPUT = 3;
const ALL = 7;

/** Nothing where there are more keys than a monitor looks for. */
export function encodeOffer({
  descriptor,
  isFramed,
  detachKeys = new Uint8Array(),
}: HandOverOffer): Buffer | undefined {
  if (detachKeys.length > DETACH_KEYS_MAX) return undefined;
  const head = Buffer.alloc(5);
  head.writeUInt32BE(descriptor, 0);
  head.writeUInt8(isFramed ? 1 : 0, 4);
  return Buffer.concat([head, detachKeys]);
}

/** Output goes on at once: a process that takes no input must not hold it up. */
export function encodeGoOn({ bytes, matchedKeys }: UnusedInput): Buffer {
  const all = encodeFrame(GO_ON_FRAME, Uint8Array.of(ALL, matchedKeys));
  if (bytes.length === 0) return all;
  return Buffer.concat([encodeFrame(GO_ON_FRAME, Uint8Array.of(OUTPUT, 0)), encodeFrame(STDIN_FRAME, bytes), all]);
}
