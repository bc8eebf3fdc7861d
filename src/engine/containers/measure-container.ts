import { lstatSync, readdirSync } from 'node:fs';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { listOwnChanges } from './own-changes.js';

/** Bytes of what the container has written: its layer and its logs. What disappears meanwhile counts as nothing. */
export async function measureContainer(parts: ContainerParts, record: Pick<ContainerRecord, 'id'>): Promise<number> {
  const logs = measureFolder(parts.paths.container(record.id).folder);
  return parts.layers.writable.has(record.id) ? logs + (await measureLayer(parts, record)) : logs;
}

/** Bytes of the files that the container has made or changed. Throws not-found. */
export async function measureLayer(
  { layers, program }: Pick<ContainerParts, 'layers' | 'program'>,
  { id }: Pick<ContainerRecord, 'id'>,
): Promise<number> {
  const layer = layers.writable.get(id);
  if (layer.changes === 'upper') return measureFolder(layer.upper);
  const entries = await listOwnChanges(program, layer);
  return entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

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
