import { isActive } from '../../model/container-state.js';
import type { DiskUsage } from '../../model/disk-usage.js';
import type { ChainId, ContainerId } from '../../model/ids.js';
import type { Image } from '../../model/image.js';
import { isOwnFolder } from '../../model/volume.js';
import { measureFolder } from '../../platform/measure-folder.js';
import type { ImageStore } from '../images/image-store.js';
import { toChainIds } from '../layers/chain-id.js';
import type { LayerStore } from '../layers/layer-store.js';
import type { ContainerParts } from './container-parts.js';
import { measureContainer } from './measure-container.js';

export interface DiskParts {
  readonly layers: Pick<LayerStore, 'list'>;
  readonly images: Pick<ImageStore, 'list'>;
}

/** What is on disk, and what of it nothing uses. */
export async function measureDisk(parts: ContainerParts, { layers, images }: DiskParts): Promise<DiskUsage> {
  const records = parts.store.list({ all: true });
  const volumes = parts.volumes.list().filter(isOwnFolder);
  const containerBytesOf = new Map<ContainerId, number>();
  for (const record of records) containerBytesOf.set(record.id, await measureContainer(parts, record));
  const volumeBytesOf = new Map(volumes.map(({ name, mountpoint }) => [name, measureFolder(mountpoint)]));
  const layerBytesOf = new Map(layers.list().map(({ chainId, sizeBytes }) => [chainId, sizeBytes]));
  const found = images.list();
  const usedImages = new Set(records.map(({ imageId }) => imageId));
  const usedVolumes = new Set(records.flatMap(({ mounts }) => mounts.map((mount) => 'name' in mount && mount.name)));
  const usedLayers = countLayers(found.filter(({ id }) => usedImages.has(id)));
  const users = countLayers(found);
  const isShared = (id: ChainId): boolean => (users.get(id) ?? 0) > 1;
  return {
    imagesBytes: sum(layerBytesOf.values()),
    containersBytes: sum(containerBytesOf.values()),
    volumesBytes: sum(volumeBytesOf.values()),
    reclaimable: {
      imagesBytes: sum([...layerBytesOf].map(([id, bytes]) => (usedLayers.has(id) ? 0 : bytes))),
      containersBytes: sum(records.map(({ id, state }) => (isActive(state) ? 0 : (containerBytesOf.get(id) ?? 0)))),
      volumesBytes: sum([...volumeBytesOf].map(([name, bytes]) => (usedVolumes.has(name) ? 0 : bytes))),
    },
    sharedBytesOf: new Map(
      found.map((image) => [
        image.id,
        sum(toChainIds(image.layers).map((id) => (isShared(id) ? (layerBytesOf.get(id) ?? 0) : 0))),
      ]),
    ),
    containerBytesOf,
    volumeBytesOf,
  };
}

/** How many of the images stand on each layer. */
function countLayers(images: readonly Image[]): ReadonlyMap<ChainId, number> {
  const counts = new Map<ChainId, number>();
  for (const { layers } of images) {
    for (const id of new Set(toChainIds(layers))) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function sum(sizes: Iterable<number>): number {
  let total = 0;
  for (const size of sizes) total += size;
  return total;
}
