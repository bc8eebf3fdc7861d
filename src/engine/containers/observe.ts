import { hasProcess } from '../../model/container-state.js';
import type { ContainerId } from '../../model/ids.js';
import type { ContainerService, ContainerSize } from '../engine.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerParts } from './container-parts.js';
import { notRunning } from './kill.js';
import { measureLayer } from './measure-container.js';
import { commandMonitor } from './monitor-commands.js';
import { hasOwnNetwork } from './spec-namespaces.js';
import { createContainerStats, type StatsTarget } from './stats.js';
import { readProcessRows } from './top.js';
import { previewContainerUpdate, type UpdateParts, updateContainer } from './update.js';

/** What is seen of a running container, and its limits, which are changed by what is seen. */
export type ContainerObservation = Pick<
  ContainerService,
  'update' | 'previewUpdate' | 'stats' | 'readStats' | 'readSizes' | 'top'
> & { close(): void };

const DEFAULT_INTERVAL_MS = 1_000;

export function createContainerObservation(parts: ContainerParts): ContainerObservation {
  const { store, journal, cgroups, owner } = parts;
  const stats = createContainerStats({
    locate: (id) => locate(parts, id),
    follow: (signal) => parts.bus.follow({ signal }),
  });
  const updateParts: UpdateParts = {
    store,
    journal,
    cgroups,
    owner,
    setRestartPolicy: (record, policy) => commandMonitor(parts, record, (monitor) => monitor.setRestartPolicy(policy)),
    refreshStats: stats.refresh,
  };
  return {
    update: (ref, change) => updateContainer(updateParts, ref, change),
    previewUpdate: async (ref, patch) => previewContainerUpdate(updateParts, ref, patch),
    stats: (ref, { intervalMs = DEFAULT_INTERVAL_MS, signal } = {}) =>
      stats.follow(store.resolve(ref).id, { intervalMs, signal: joinSignals(parts.end, signal) }),
    readStats: async (ids) => stats.read(ids),
    readSizes: (ids) => readSizes(parts, ids),
    top: async (ref) => readTop(parts, ref),
    close: stats.close,
  };
}

function locate({ store, cgroups }: ContainerParts, id: ContainerId): StatsTarget | undefined {
  const record = store.get(id);
  if (record === undefined || !hasProcess(record.state)) return undefined;
  return {
    cgroup: cgroups.open(toCgroupName(record)),
    init: record.state.init,
    hasOwnNetwork: hasOwnNetwork(record.config),
  };
}

function joinSignals(end: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? end : AbortSignal.any([end, signal]);
}

async function readSizes(
  parts: ContainerParts,
  ids: readonly ContainerId[],
): Promise<ReadonlyMap<ContainerId, ContainerSize>> {
  const sizes = new Map<ContainerId, ContainerSize>();
  for (const id of ids) {
    const record = parts.store.get(id);
    if (record === undefined) continue;
    const writableBytes = await measureLayer(parts, record);
    // An image that was removed with force is gone although its layers are not.
    const imageBytes = parts.images.get(record.imageId)?.image.sizeBytes ?? 0;
    sizes.set(id, { writableBytes, rootfsBytes: writableBytes + imageBytes });
  }
  return sizes;
}

function readTop(parts: ContainerParts, ref: string) {
  const { id } = parts.store.resolve(ref);
  const record = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  if (!hasProcess(record.state)) throw notRunning('top', record);
  parts.store.tell(record, { action: 'top' });
  return readProcessRows(parts.cgroups.open(toCgroupName(record)).processes());
}
