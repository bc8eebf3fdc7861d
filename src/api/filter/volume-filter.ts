import type { Container } from '../../model/container.js';
import type { Volume } from '../../model/volume.js';
import { type Filters, matchesAny, matchesLabels, matchesPattern, parseSwitch } from './filters.js';

/** The filters of `volume ls`. */
export const VOLUME_FILTERS: readonly string[] = ['dangling', 'driver', 'label', 'name'];

/** The volumes that fit; `used` has the names of those that a container has. Throws invalid-argument. */
export function filterVolumes(
  filters: Filters,
  volumes: readonly Volume[],
  used: ReadonlySet<string>,
): readonly Volume[] {
  return volumes.filter(
    (volume) =>
      matchesLabels(filters, volume.labels) &&
      matchesAny(filters, 'name', (value) => matchesPattern(value, volume.name)) &&
      matchesAny(filters, 'driver', (value) => value === volume.driver) &&
      matchesAny(filters, 'dangling', (value) => parseSwitch('dangling', value) !== used.has(volume.name)),
  );
}

/** Names of the volumes that a container has: the anonymous and the image's too where the endpoint tells them. */
export function listVolumeNames({ mounts, config }: Pick<Container, 'mounts' | 'config'>): readonly string[] {
  return (
    mounts?.flatMap((mount) => (mount.type === 'volume' ? [mount.name] : [])) ??
    (config.mounts ?? []).flatMap((mount) =>
      mount.type === 'volume' && mount.source !== undefined ? [mount.source] : [],
    )
  );
}
