import type { ContainerConfig, MountConfig } from '../../model/container-config.js';
import type { ContainerMount } from '../../model/container-mount.js';
import type { ImageConfig } from '../../model/image.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { ANONYMOUS_LABEL } from '../volumes/volume-service.js';
import type { ContainerParts } from './container-parts.js';

/**
 * The mounts that the configuration asks for, those of the containers that it takes them from, and an anonymous volume for each of the image's volumes that no mount of the
 * user covers. Makes the volumes that are not there; call it in the transaction that inserts the container.
 */
export function resolveMounts(
  config: ContainerConfig,
  image: ImageConfig,
  parts: Pick<ContainerParts, 'volumes' | 'store'>,
): readonly ContainerMount[] {
  const asked = config.mounts ?? [];
  const targets = new Set(asked.map(({ target }) => normalize(target)));
  const ofOthers = (config.volumesFrom ?? [])
    .flatMap((text) => listMountsOf(parts.store, text))
    .filter(({ target }) => isFirst(targets, target));
  const ofImage = (image.volumes ?? []).filter((target) => !targets.has(normalize(target)));
  const made: readonly MountConfig[] = [...asked, ...ofImage.map((target) => ({ type: 'volume' as const, target }))];
  return [...made.map((mount) => resolveMount(mount, parts)), ...ofOthers];
}

/** The binds and volumes of the container that `NAME[:ro|rw]` names, writable as they are there or less. Throws not-found. */
function listMountsOf(store: ContainerParts['store'], text: string): readonly ContainerMount[] {
  const [name = '', mode] = text.split(':');
  return (
    store
      .resolve(name)
      .mounts.filter(({ type }) => type !== 'tmpfs')
      .map((mount) => (mode === 'ro' ? { ...mount, readOnly: true } : mount))
      // What another container has made of it is not for this one's image to fill.
      .map((mount) => (mount.type === 'volume' ? { ...mount, noCopy: true } : mount))
  );
}

function isFirst(targets: Set<string>, target: string): boolean {
  const key = normalize(target);
  if (targets.has(key)) return false;
  targets.add(key);
  return true;
}

function resolveMount(mount: MountConfig, { volumes }: Pick<ContainerParts, 'volumes'>): ContainerMount {
  const { target } = mount;
  switch (mount.type) {
    case 'bind': {
      const { source, propagation = 'rprivate', readOnly = false } = mount;
      return { type: 'bind', source, target, readOnly, propagation };
    }
    case 'volume':
      return resolveVolume(mount, volumes);
    case 'tmpfs':
      return { type: 'tmpfs', target, readOnly: mount.options?.includes('ro') ?? false };
  }
}

function resolveVolume(
  mount: Extract<MountConfig, { type: 'volume' }>,
  volumes: ContainerParts['volumes'],
): ContainerMount {
  const { target, readOnly = false, driver, labels, options, subpath, noCopy } = mount;
  const anonymous = mount.source === undefined || mount.source === '';
  const { name, mountpoint } = volumes.create(
    omitUndefined({
      name: mount.source,
      driver,
      options,
      labels: anonymous ? { ...labels, [ANONYMOUS_LABEL]: '' } : labels,
    }),
  );
  return omitUndefined({ type: 'volume', name, source: mountpoint, target, readOnly, anonymous, subpath, noCopy });
}

function normalize(target: string): string {
  return target.replace(/\/+$/, '');
}
