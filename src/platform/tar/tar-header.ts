import { EngineError } from '../../model/errors.js';
import type { ByteString } from './file-entry.js';

export const BLOCK_SIZE = 512;
const CHECKSUM_AT = 148;
const CHECKSUM_END = 156;

/** One header block as it stands in the archive. tar(5); the fields of POSIX.1-1988 "ustar" and of GNU tar. */
export interface TarHeader {
  readonly type: string;
  readonly name: ByteString;
  readonly linkName: ByteString;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
}

/** Undefined for a block of zeros, the archive's end. Rejects a block whose checksum is wrong. */
export function parseTarHeader(block: Buffer): TarHeader | undefined {
  if (!hasRightChecksum(block)) {
    if (block.every((byte) => byte === 0)) return undefined;
    throw new EngineError('invalid-argument', 'the archive is broken or no tar: a header has a wrong checksum');
  }
  const isUstar = block.toString('latin1', 257, 263) === 'ustar\0';
  const name = readText(block, 0, 100);
  const prefix = isUstar ? readText(block, 345, 155) : '';
  return {
    type: String.fromCharCode(block[156] || 0x30),
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: readText(block, 157, 100),
    mode: readNumber(block, 100, 8) & 0o7777,
    uid: readNumber(block, 108, 8),
    gid: readNumber(block, 116, 8),
    size: readNumber(block, 124, 12),
    mtime: readNumber(block, 136, 12),
    major: readNumber(block, 329, 8),
    minor: readNumber(block, 337, 8),
  };
}

/** True where a file begins as a tar does; a tar of nothing does not. */
export function beginsAsTar(first: Uint8Array): boolean {
  return first.length >= BLOCK_SIZE && hasRightChecksum(Buffer.from(first.buffer, first.byteOffset, BLOCK_SIZE));
}

/** A number in octal digits, or in base 256 where the first bit is set (GNU tar, star). */
export function readNumber(block: Buffer, offset: number, length: number): number {
  const first = block[offset] ?? 0;
  if (first & 0x80) return readBase256(block, offset, length);
  let value = 0;
  let at = offset;
  const end = offset + length;
  while (at < end && block[at] === 0x20) at++;
  for (; at < end; at++) {
    const byte = block[at] ?? 0;
    if (byte === 0 || byte === 0x20) break;
    if (byte < 0x30 || byte > 0x37) throw malformedNumber();
    value = value * 8 + byte - 0x30;
  }
  return value;
}

function readBase256(block: Buffer, offset: number, length: number): number {
  const isNegative = block[offset] === 0xff;
  let value = isNegative ? -1 : (block[offset] ?? 0) & 0x7f;
  for (let at = offset + 1; at < offset + length; at++) value = value * 256 + (block[at] ?? 0);
  if (!Number.isSafeInteger(value)) throw malformedNumber();
  return value;
}

function malformedNumber(): EngineError {
  return new EngineError('invalid-argument', 'the archive has a header with a malformed number');
}

function readText(block: Buffer, offset: number, length: number): ByteString {
  const text = block.toString('latin1', offset, offset + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

/** The sum of all bytes, the checksum field taken as spaces. Old programs summed signed bytes. */
function hasRightChecksum(block: Buffer): boolean {
  let sum = 0;
  for (let at = 0; at < BLOCK_SIZE; at++) sum += block[at] ?? 0;
  for (let at = CHECKSUM_AT; at < CHECKSUM_END; at++) sum += 0x20 - (block[at] ?? 0);
  const stored = readChecksum(block);
  return sum === stored || sum - countHighBytes(block) * 256 === stored;
}

function countHighBytes(block: Buffer): number {
  let count = 0;
  for (let at = 0; at < BLOCK_SIZE; at++) {
    if ((at < CHECKSUM_AT || at >= CHECKSUM_END) && (block[at] ?? 0) > 127) count++;
  }
  return count;
}

/** Octal digits among blanks and zeros; -1 for anything else. */
function readChecksum(block: Buffer): number {
  let at = CHECKSUM_AT;
  let end = CHECKSUM_END;
  while (at < end && isBlank(block[at])) at++;
  while (end > at && isBlank(block[end - 1])) end--;
  let value = at === end ? -1 : 0;
  for (; at < end; at++) {
    const digit = (block[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) return -1;
    value = value * 8 + digit;
  }
  return value;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}
