import type { ByteString } from '../../../platform/tar/file-entry.js';
import {
  BLOCK_SIZE,
  DIRENT_SIZE,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  write64,
} from './erofs-format.js';
import type { ImageOutput } from './image-output.js';

export interface DirectoryEntry {
  readonly name: ByteString;
  readonly nid: number;
  /** With its type. */
  readonly mode: number;
  /** The file, where `nid` may not be known yet. */
  readonly linked?: { readonly nid: number | undefined; readonly mode: number; readonly waiting: number[] };
}

export interface Directory {
  readonly nid: number;
  readonly parentNid: number;
  /** In the order of their names' bytes. */
  readonly entries: readonly DirectoryEntry[];
}

/** Where the type stands in an entry. */
export const TYPE_AT = 10;

/** Its entries at the next blocks of the image; returns the number of the first block and their length in bytes. */
export function writeDirectory(
  out: ImageOutput,
  directory: Directory,
): { readonly number: number; readonly size: number } {
  out.align(BLOCK_SIZE);
  const number = out.position / BLOCK_SIZE;
  let size = 0;
  for (const block of splitIntoBlocks(withDots(directory))) size = writeBlock(out, block);
  return { number, size: out.position - BLOCK_SIZE - number * BLOCK_SIZE + size };
}

function withDots({ nid, parentNid, entries }: Directory): readonly DirectoryEntry[] {
  const dots = [
    { name: '.', nid, mode: S_IFDIR },
    { name: '..', nid: parentNid, mode: S_IFDIR },
  ];
  return [...dots, ...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function* splitIntoBlocks(entries: readonly DirectoryEntry[]): Generator<readonly DirectoryEntry[]> {
  let block: DirectoryEntry[] = [];
  let used = 0;
  for (const entry of entries) {
    const length = DIRENT_SIZE + entry.name.length;
    if (used + length > BLOCK_SIZE) {
      yield block;
      block = [];
      used = 0;
    }
    block.push(entry);
    used += length;
  }
  yield block;
}

/** All entries, then all names. Returns the bytes that are used of the block. */
function writeBlock(out: ImageOutput, entries: readonly DirectoryEntry[]): number {
  const start = out.position;
  const first = out.take(BLOCK_SIZE);
  const { buffer } = out;
  let nameAt = entries.length * DIRENT_SIZE;
  for (const [i, { name, nid, mode, linked }] of entries.entries()) {
    const at = i * DIRENT_SIZE;
    if (linked !== undefined && linked.nid === undefined) linked.waiting.push(start + at);
    write64(buffer, first + at, linked?.nid ?? nid);
    buffer.writeUInt16LE(nameAt, first + at + 8);
    buffer[first + at + TYPE_AT] = fileType(linked?.mode ?? mode);
    nameAt += buffer.write(name, first + nameAt, 'latin1');
  }
  return nameAt;
}

const FILE_TYPES: ReadonlyMap<number, number> = new Map([
  [S_IFREG, 1],
  [S_IFDIR, 2],
  [S_IFCHR, 3],
  [S_IFBLK, 4],
  [S_IFIFO, 5],
  [S_IFLNK, 7],
]);

/** Of a mode; zero where it is not known. */
export function fileType(mode: number): number {
  return FILE_TYPES.get(mode & S_IFMT) ?? 0;
}
