import { measureFolder } from '../../platform/measure-folder.js';
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
