import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

/** One file of a rotated log, open: `LOG`, `LOG.1` … The descriptor stays with the file when its name changes. */
export interface LogFile {
  readonly fd: number;
  readonly inode: number;
}

/**
 * Opens `path` and what rotation has left of it, oldest first; empty where there is none. The caller closes them. Each is
 * opened by name, so a rotation meanwhile would show one file twice or not at all: then all are opened again.
 */
export function openLogFiles(path: string): readonly LogFile[] {
  for (;;) {
    const files: LogFile[] = [];
    for (let name = path, index = 0; ; name = `${path}.${++index}`) {
      const file = openLogFile(name);
      if (file === undefined) break;
      files.unshift(file);
    }
    const newest = files.at(-1);
    if (newest === undefined || readInode(path) === newest.inode) return files;
    closeLogFiles(files);
  }
}

/** The files newer than `file`, oldest first, open; all there are if it has been rotated away. */
export function openNewerLogFiles(path: string, file: LogFile): readonly LogFile[] {
  const files = openLogFiles(path);
  const index = files.findIndex(({ inode }) => inode === file.inode);
  closeLogFiles(files.slice(0, index + 1));
  return files.slice(index + 1);
}

/** True when another file has the log's name now; what is written to `file` is complete then. */
export function isRotated(path: string, file: LogFile): boolean {
  return readInode(path) !== file.inode;
}

export function closeLogFiles(files: readonly LogFile[]): void {
  for (const { fd } of files) closeSync(fd);
}

const BLOCK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;

/** Reads lines of one file forward in blocks; what has no line feed yet stays for the next call. */
export interface LineReader {
  /** The next whole lines, without their line feeds; undefined at the end of what is written. */
  read(): readonly string[] | undefined;
}

export function createLineReader(file: LogFile, start: number): LineReader {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let offset = start;
  let rest = Buffer.alloc(0);
  return {
    read: () => {
      const length = readSync(file.fd, block, 0, BLOCK_BYTES, offset);
      if (length === 0) return undefined;
      offset += length;
      const bytes = Buffer.concat([rest, block.subarray(0, length)]);
      const end = bytes.lastIndexOf(LINE_FEED);
      rest = bytes.subarray(end + 1);
      return end < 0 ? [] : bytes.toString('utf8', 0, end).split('\n');
    },
  };
}

/** Where the last `lines` whole lines begin. Reads from the end, block by block, no more than it needs. */
export function findTail(
  files: readonly LogFile[],
  lines: number,
): { readonly index: number; readonly offset: number } {
  // A line begins after a line feed, so the feed that ends the line before it must be found: one more.
  let wanted = lines + 1;
  for (let index = files.length - 1; index >= 0; index--) {
    const file = files[index];
    if (file === undefined) break;
    const found = findFeedFromEnd(file, wanted);
    if (found.offset !== undefined) return { index, offset: found.offset + 1 };
    wanted -= found.count;
  }
  return { index: 0, offset: 0 };
}

function findFeedFromEnd(file: LogFile, wanted: number): { readonly offset?: number; readonly count: number } {
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  let count = 0;
  let end = fstatSync(file.fd).size;
  while (end > 0) {
    const start = Math.max(end - BLOCK_BYTES, 0);
    const length = readSync(file.fd, block, 0, end - start, start);
    for (
      let at = block.lastIndexOf(LINE_FEED, length - 1);
      at >= 0;
      at = at === 0 ? -1 : block.lastIndexOf(LINE_FEED, at - 1)
    ) {
      count++;
      if (count === wanted) return { offset: start + at, count };
    }
    end = start;
  }
  return { count };
}

function openLogFile(path: string): LogFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    // The end of the numbering, or a log that nothing was written to yet.
    return undefined;
  }
  return { fd, inode: fstatSync(fd).ino };
}

function readInode(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
