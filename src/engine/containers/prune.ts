import { EngineError } from '../../model/errors.js';
import type { PruneOptions, PruneReport } from '../engine.js';
import { matchesPruneFilter } from './container-filter.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { measureContainer } from './measure-container.js';
import { removeContainer } from './remove.js';

/** Removes every container that does not run and that the filter takes; their anonymous volumes stay, as with Docker. */
export async function pruneContainers(parts: ContainerParts, filter: PruneOptions = {}): Promise<PruneReport> {
  const candidates = parts.store
    .list({ status: ['created', 'exited', 'dead'] })
    .filter((record) => matchesPruneFilter(record, filter));
  const removed: string[] = [];
  let reclaimedBytes = 0;
  for (const record of candidates) {
    const bytes = await measureContainer(parts, record);
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
