import type { ContainerConfig, MountConfig } from '../../model/container-config.js';
import type { ContainerMount } from '../../model/container-mount.js';
import type { ImageConfig } from '../../model/image.js';
import { ANONYMOUS_LABEL } from '../volumes/volume-service.js';
import type { VolumeConfig } from '../volumes/volume-store.js';
import type { ContainerParts } from './container-parts.js';

/**
 * The mounts that the configuration asks for, and an anonymous volume for each of the image's volumes that no mount of the
 * user covers. Makes the volumes that are not there; call it in the transaction that inserts the container.
 */
export function resolveMounts(
  config: ContainerConfig,
  image: ImageConfig,
  parts: Pick<ContainerParts, 'volumes'>,
): readonly ContainerMount[] {
  const asked = config.mounts ?? [];
  const targets = new Set(asked.map(({ target }) => normalize(target)));
  const ofImage = (image.volumes ?? []).filter((target) => !targets.has(normalize(target)));
  const all: readonly MountConfig[] = [...asked, ...ofImage.map((target) => ({ type: 'volume' as const, target }))];
  return all.map((mount) => resolveMount(mount, parts));
}

function resolveMount(mount: MountConfig, { volumes }: Pick<ContainerParts, 'volumes'>): ContainerMount {
  const { target } = mount;
  switch (mount.type) {
    case 'bind': {
      const { source, propagation = 'rprivate', readOnly = false } = mount;
      return { type: 'bind', source, target, readOnly, propagation };
    }
    case 'volume': {
      const anonymous = mount.source === undefined || mount.source === '';
      const wanted: VolumeConfig = anonymous ? { labels: { [ANONYMOUS_LABEL]: '' } } : { name: mount.source };
      const { name, mountpoint } = volumes.create(wanted);
      return { type: 'volume', name, source: mountpoint, target, readOnly: mount.readOnly ?? false, anonymous };
    }
    case 'tmpfs':
      return { type: 'tmpfs', target, readOnly: mount.options?.includes('ro') ?? false };
  }
}

function normalize(target: string): string {
  return target.replace(/\/+$/, '');
}
