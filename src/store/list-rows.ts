import type { Container } from '../model/container.js';
import type { EmbeddedImage, Image } from '../model/image.js';
import type { Network } from '../model/network.js';
import type { Volume } from '../model/volume.js';
import type { ContainersState } from './containers-store.js';
import type { ResourcesState } from './resources-store.js';
import { createRowFilter } from './row-filter.js';
import type { StatsState } from './stats-store.js';
import type { ListState, SortColumn, ViewState } from './view-store.js';

/** The rows of the container list: filtered and sorted. */
export function selectContainerRows(
  containers: ContainersState,
  stats: StatsState,
  view: Pick<ViewState, 'showsAll' | 'sort' | 'lists'>,
): readonly Container[] {
  const matches = createRowFilter(view.lists.containers.filter);
  const rows = [...containers.byId.values()].filter(
    (container) =>
      (view.showsAll || isAlive(container)) &&
      matches(`${container.name} ${container.config.image} ${container.state.status} ${container.id.slice(0, 12)}`),
  );
  const compare = comparisons(stats)[view.sort.column];
  rows.sort((a, b) => compare(a, b) || b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
  return view.sort.isReversed ? rows.reverse() : rows;
}

export function isAlive(container: Container): boolean {
  return ['running', 'paused', 'restarting'].includes(container.state.status);
}

/** A row of the image list: an image, or an embedded one that is not there yet. */
export type ImageRow =
  | { readonly kind: 'image'; readonly key: string; readonly image: Image }
  | { readonly kind: 'embedded'; readonly key: string; readonly embedded: EmbeddedImage };

export function selectImageRows(resources: ResourcesState, filter: string): readonly ImageRow[] {
  const matches = createRowFilter(filter);
  const present = new Set(resources.images.map((image) => image.embedded));
  const images = [...resources.images].sort((a, b) => b.createdAtMs - a.createdAtMs);
  const rows: ImageRow[] = [
    ...images.map((image) => ({ kind: 'image' as const, key: image.id, image })),
    ...resources.embedded
      .filter((embedded) => !present.has(embedded.name))
      .map((embedded) => ({ kind: 'embedded' as const, key: `embedded:${embedded.name}`, embedded })),
  ];
  return rows.filter((row) => matches(row.kind === 'image' ? row.image.repoTags.join(' ') + row.key : row.key));
}

export function selectVolumeRows(resources: ResourcesState, filter: string): readonly Volume[] {
  const matches = createRowFilter(filter);
  return resources.volumes.filter((volume) => matches(volume.name));
}

export function selectNetworkRows(resources: ResourcesState, filter: string): readonly Network[] {
  const matches = createRowFilter(filter);
  return resources.networks.filter((network) => matches(`${network.name} ${network.subnet ?? ''}`));
}

/** Where the selection is among the rows: at its key, or where it was when that is gone; -1 without rows. */
export function selectedIndex(keys: readonly string[], list: ListState): number {
  const found = list.selectedKey === undefined ? -1 : keys.indexOf(list.selectedKey);
  return found >= 0 ? found : Math.min(list.index, keys.length - 1);
}

/** First row of a window of `height` rows that shows `index` and moves as little as it can. */
export function scrollTop(top: number, index: number, height: number, count: number): number {
  const low = Math.max(0, index - height + 1);
  const high = Math.max(0, Math.min(index, count - height));
  return Math.max(low, Math.min(top, high));
}

type Comparison = (a: Container, b: Container) => number;

function comparisons(stats: StatsState): Readonly<Record<SortColumn, Comparison>> {
  const value = (container: Container, metric: 'cpu' | 'memory') => {
    const read = stats.histories.get(container.id)?.value(metric) ?? Number.NaN;
    return Number.isNaN(read) || !isAlive(container) ? -1 : read;
  };
  return {
    created: (a, b) => b.createdAtMs - a.createdAtMs,
    name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
    state: (a, b) => a.state.status.localeCompare(b.state.status),
    cpu: (a, b) => value(b, 'cpu') - value(a, 'cpu'),
    memory: (a, b) => value(b, 'memory') - value(a, 'memory'),
  };
}
