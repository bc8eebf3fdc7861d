import { EngineError } from '../../model/errors.js';
import type { Segment } from './file-entry.js';
import { BLOCK_SIZE, readNumber } from './tar-header.js';

const SEGMENTS_MAX = 500_000;

/** The segments in one block of an old GNU sparse header (`S`), and whether another block of them follows. */
export function readSparseBlock(block: Buffer, offset: number, count: number): { segments: Segment[]; more: boolean } {
  const segments: Segment[] = [];
  for (let i = 0; i < count; i++) {
    const at = offset + i * 24;
    if (block[at] === 0 && block[at + 12] === 0) break;
    segments.push({ offset: readNumber(block, at, 12), length: readNumber(block, at + 12, 12) });
  }
  return { segments, more: (block[offset + count * 24] ?? 0) !== 0 };
}

/** The map of the PAX format 0.1, and of 0.0 after its pairs are joined: `offset,length,offset,length…`. */
export function parseSparseList(text: string): Segment[] {
  return toSegments(text === '' ? [] : text.split(','));
}

/**
 * The map of the PAX format 1.0, which stands in front of the content in whole blocks: a count, then offset and length of
 * each segment, a line each. Undefined while more blocks are needed.
 */
export function parseSparsePrefix(blocks: Buffer): Segment[] | undefined {
  const lines = blocks.toString('latin1').split('\n');
  // What follows the last line feed may be half a number.
  const complete = lines.length - 1;
  if (complete < 1) return undefined;
  const count = toNumber(lines[0] ?? '');
  if (count > SEGMENTS_MAX) throw malformed();
  return complete < 1 + count * 2 ? undefined : toSegments(lines.slice(1, 1 + count * 2));
}

/** The same, whole blocks of it. The last segment is empty and says where the file ends, which GNU tar wants where a hole is last. */
export function formatSparsePrefix(segments: readonly Segment[], sizeBytes: number): Buffer {
  const all = [...segments, { offset: sizeBytes, length: 0 }];
  const text = Buffer.from(`${[all.length, ...all.flatMap(({ offset, length }) => [offset, length])].join('\n')}\n`);
  const padding = (BLOCK_SIZE - (text.length % BLOCK_SIZE)) % BLOCK_SIZE;
  return Buffer.concat([text, Buffer.alloc(padding)]);
}

/** Rejects segments that overlap, go backwards, lie outside the file, or do not make up the stored content. */
export function checkSegments(segments: readonly Segment[], sizeBytes: number, storedBytes: number): void {
  let end = 0;
  let sum = 0;
  for (const segment of segments) {
    if (segment.offset < end || segment.length < 0) throw malformed();
    end = segment.offset + segment.length;
    sum += segment.length;
  }
  if (end > sizeBytes || sum !== storedBytes || segments.length > SEGMENTS_MAX) throw malformed();
}

function toSegments(numbers: readonly string[]): Segment[] {
  if (numbers.length % 2 !== 0) throw malformed();
  const segments: Segment[] = [];
  for (let i = 0; i < numbers.length; i += 2) {
    segments.push({ offset: toNumber(numbers[i] ?? ''), length: toNumber(numbers[i + 1] ?? '') });
  }
  return segments;
}

function toNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw malformed();
  return Number(text);
}

function malformed(): EngineError {
  return new EngineError('invalid-argument', 'the archive has a sparse file with a malformed map');
}
