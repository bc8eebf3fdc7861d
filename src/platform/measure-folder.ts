import { lstatSync, readdirSync } from 'node:fs';

/** Sum of the sizes of the regular files below a folder, bytes, each once; what disappears meanwhile counts as nothing. */
export function measureFolder(folder: string): number {
  return addFolder(Buffer.from(folder), new Set());
}

/** Names are bytes: those that are no UTF-8 could not be found again as text. */
function addFolder(folder: Buffer, linked: Set<number>): number {
  let bytes = 0;
  for (const entry of readFolder(folder)) {
    const path = Buffer.concat([folder, SLASH, entry.name]);
    if (entry.isDirectory()) bytes += addFolder(path, linked);
    if (!entry.isFile()) continue;
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined || linked.has(status.ino)) continue;
    if (status.nlink > 1) linked.add(status.ino);
    bytes += status.size;
  }
  return bytes;
}

const SLASH = Buffer.from('/');

function readFolder(folder: Buffer) {
  try {
    return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' });
  } catch {
    // It was removed meanwhile.
    return [];
  }
}
