import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { PruneOptions, PruneReport } from '../engine.js';
import { matchesPruneFilter } from './container-filter.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { removeContainer } from './remove.js';

/** Removes every container that does not run and that the filter takes; their anonymous volumes stay, as with Docker. */
export async function pruneContainers(parts: ContainerParts, filter: PruneOptions = {}): Promise<PruneReport> {
  const candidates = parts.store
    .list({ status: ['created', 'exited', 'dead'] })
    .filter((record) => matchesPruneFilter(record, filter));
  const removed: string[] = [];
  let reclaimedBytes = 0;
  for (const record of candidates) {
    const bytes = measureContainer(parts, record);
    if (filter.preview !== true && !(await tryRemove(parts, record))) continue;
    removed.push(record.id);
    reclaimedBytes += bytes;
  }
  if (filter.preview === true) return { removed, reclaimedBytes };
  const attributes = { reclaimed: String(reclaimedBytes) };
  parts.bus.publish({ type: 'container', action: 'prune', id: '', attributes });
  return { removed, reclaimedBytes };
}

async function tryRemove(parts: ContainerParts, { id }: ContainerRecord): Promise<boolean> {
  try {
    await removeContainer(parts, id);
    return true;
  } catch (error) {
    // Started or removed by somebody else meanwhile: prune takes what it can have.
    if (error instanceof EngineError && (error.kind === 'conflict' || error.kind === 'not-found')) return false;
    throw error;
  }
}

/** Bytes of what the container has written: its layer and its logs. What disappears meanwhile counts as nothing. */
export function measureContainer({ layers, paths }: ContainerParts, { id }: Pick<ContainerRecord, 'id'>): number {
  const folders = [paths.container(id).folder];
  if (layers.writable.list().includes(id)) folders.push(layers.writable.get(id).upper);
  return folders.reduce((sum, folder) => sum + measureFolder(folder), 0);
}

/** Sum of the sizes of the regular files below a folder, bytes; what disappears meanwhile counts as nothing. */
export function measureFolder(folder: string): number {
  let bytes = 0;
  for (const entry of readFolder(folder)) {
    if (entry.isFile()) bytes += lstatSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

function readFolder(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true });
  } catch {
    // It was removed meanwhile.
    return [];
  }
}
