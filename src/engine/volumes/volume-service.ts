import { EngineError } from '../../model/errors.js';
import type { VolumeName } from '../../model/ids.js';
import { fitsLabelFilter } from '../../model/label-filter.js';
import { isOwnFolder, type Volume } from '../../model/volume.js';
import { measureFolder } from '../../platform/measure-folder.js';
import type { PruneFilter, PruneOptions, VolumeService } from '../engine.js';
import type { EventBus } from '../events/event-bus.js';
import type { VolumeStore } from './volume-store.js';

/** Marks volumes that nobody named; `volume prune` removes those alone, as Docker's does. */
export const ANONYMOUS_LABEL = 'com.docker.volume.anonymous';

export function createVolumeService(store: VolumeStore, events: EventBus): VolumeService {
  return {
    list: async () => store.list(),
    inspect: async (name) => store.get(name),
    create: async (config) =>
      store.create(
        config.name === undefined || config.name === ''
          ? { ...config, labels: { ...config.labels, [ANONYMOUS_LABEL]: '' } }
          : config,
      ),
    remove: async (name, options = {}) => removeVolume(store, name, options.force === true),
    prune: async (filter = {}) => pruneVolumes(store, events, filter),
  };
}

function removeVolume(store: VolumeStore, name: VolumeName, force: boolean): void {
  try {
    store.remove(name);
  } catch (error) {
    // Force forgives a volume that is gone; never one that is in use.
    if (!force || !(error instanceof EngineError) || error.kind !== 'not-found') throw error;
  }
}

function pruneVolumes(store: VolumeStore, events: EventBus, filter: PruneOptions & { readonly all?: boolean }) {
  const removed: VolumeName[] = [];
  let reclaimedBytes = 0;
  for (const volume of store.list()) {
    if (!isPrunable(volume, filter)) continue;
    const bytes = measureFolder(volume.mountpoint);
    if (filter.preview === true ? !isFree(store, volume.name, filter) : !tryRemove(store, volume.name)) continue;
    removed.push(volume.name);
    reclaimedBytes += bytes;
  }
  if (filter.preview === true) return { removed, reclaimedBytes };
  events.publish({ type: 'volume', action: 'prune', id: '', attributes: { reclaimed: String(reclaimedBytes) } });
  return { removed, reclaimedBytes };
}

function isFree(store: VolumeStore, name: VolumeName, { without = [] }: PruneOptions): boolean {
  const gone: readonly string[] = without;
  return store.usersOf(name).every((id) => gone.includes(id));
}

/** What is elsewhere is not of the disk that a prune is for, and stays, as with Docker. */
function isPrunable(volume: Volume, filter: PruneFilter & { readonly all?: boolean }): boolean {
  const { labels } = volume;
  if (!isOwnFolder(volume)) return false;
  if (filter.all !== true && labels[ANONYMOUS_LABEL] === undefined) return false;
  return fitsLabelFilter(labels, filter);
}

function tryRemove(store: VolumeStore, name: VolumeName): boolean {
  try {
    store.remove(name);
    return true;
  } catch (error) {
    // In use, or gone meanwhile: prune takes what it can have.
    if (error instanceof EngineError && (error.kind === 'conflict' || error.kind === 'not-found')) return false;
    throw error;
  }
}
