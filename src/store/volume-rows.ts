import type { Container } from '../model/container.js';
import type { Volume } from '../model/volume.js';
import type { ContainersState } from './containers-store.js';
import { createListFilter } from './list-filter.js';
import { compareNaturally } from './natural-order.js';
import type { ResourcesState } from './resources-store.js';
import type { ViewState, VolumeSortColumn } from './view-store.js';

/** The rows of the volume list, filtered and sorted. */
export function selectVolumeRows(
  resources: Pick<ResourcesState, 'volumes' | 'volumeBytes'>,
  containers: Pick<ContainersState, 'byId'>,
  { lists, volumeSort }: Pick<ViewState, 'lists' | 'volumeSort'>,
): readonly Volume[] {
  const matches = createListFilter(lists.volumes.filter);
  const rows = resources.volumes.filter(({ name, labels }) => matches({ text: name, names: [name], labels }));
  const compare = comparisons(resources, containers)[volumeSort.column];
  rows.sort((a, b) => compare(a, b) || compareNaturally(a.name, b.name));
  return volumeSort.isReversed ? rows.reverse() : rows;
}

/** What is mounted tells more than `local`, which all are. */
export function nameVolumeDriver({ driver, options = {} }: Volume): string {
  const { type, o = '' } = options;
  return type === undefined ? driver : /(^|,)r?bind(,|$)/.test(o) ? 'bind' : type;
}

/** A container that has a volume, and where. */
export interface VolumeUser {
  readonly container: Container;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Those that have the volume, running or not: by their mounts where the engine tells them, else by what they asked for. */
export function findVolumeUsers({ byId }: Pick<ContainersState, 'byId'>, name: string): readonly VolumeUser[] {
  return [...byId.values()].flatMap((container) => {
    const asked = (container.config.mounts ?? []).flatMap((mount) =>
      mount.type === 'volume' && mount.source === name
        ? [{ container, target: mount.target, readOnly: mount.readOnly === true }]
        : [],
    );
    const made = container.mounts?.flatMap((mount) =>
      mount.type === 'volume' && mount.name === name
        ? [{ container, target: mount.target, readOnly: mount.readOnly }]
        : [],
    );
    return made ?? asked;
  });
}

type Comparison = (a: Volume, b: Volume) => number;

/** Largest, newest and most used first; what was not measured comes last. */
function comparisons(
  { volumeBytes }: Pick<ResourcesState, 'volumeBytes'>,
  containers: Pick<ContainersState, 'byId'>,
): Readonly<Record<VolumeSortColumn, Comparison>> {
  const bytes = ({ name }: Volume) => volumeBytes.get(name) ?? -1;
  return {
    name: () => 0,
    size: (a, b) => bytes(b) - bytes(a),
    containers: (a, b) => findVolumeUsers(containers, b.name).length - findVolumeUsers(containers, a.name).length,
    created: (a, b) => b.createdAtMs - a.createdAtMs,
    driver: (a, b) => compareNaturally(nameVolumeDriver(a), nameVolumeDriver(b)),
  };
}
