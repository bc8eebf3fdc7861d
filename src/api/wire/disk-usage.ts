import type { Container } from '../../model/container.js';
import type { DiskUsage } from '../../model/disk-usage.js';
import type { Image } from '../../model/image.js';
import { isOwnFolder, type Volume } from '../../model/volume.js';
import { toWireContainerSummary, type WireContainerSummary } from './container-summary.js';
import { toWireImageSummary, type WireImageSummary } from './image-summary.js';
import { toWireVolume, type WireVolume } from './volume.js';

/** What `GET /system/df?type=` asks for. */
export const DISK_KINDS = ['container', 'image', 'volume', 'build-cache'] as const;
export type DiskKind = (typeof DISK_KINDS)[number];

/** The answer of `GET /system/df`: Docker Engine API 1.51. What was not asked for is null. */
export interface WireDiskUsage {
  readonly LayersSize: number;
  readonly Images: readonly WireImageSummary[] | null;
  readonly Containers: readonly WireContainerSummary[] | null;
  readonly Volumes: readonly WireUsedVolume[] | null;
  readonly BuildCache: readonly object[] | null;
}

export interface WireUsedVolume extends WireVolume {
  readonly UsageData: { readonly RefCount: number; readonly Size: number };
}

export interface DiskSources {
  readonly kinds: ReadonlySet<DiskKind>;
  readonly usage: DiskUsage;
  readonly containers: readonly Container[];
  readonly images: readonly Image[];
  readonly volumes: readonly Volume[];
  /** How many containers have a volume. */
  readonly countUsers: (name: string) => number;
  readonly nowMs: number;
  /** Minor number of the version that the client speaks. */
  readonly version: number;
}

export function toWireDiskUsage(sources: DiskSources): WireDiskUsage {
  const { kinds, usage } = sources;
  return {
    LayersSize: kinds.has('image') ? usage.imagesBytes : 0,
    Images: kinds.has('image') ? listImages(sources) : null,
    Containers: kinds.has('container') ? listContainers(sources) : null,
    Volumes: kinds.has('volume') ? listVolumes(sources) : null,
    BuildCache: kinds.has('build-cache') ? [] : null,
  };
}

function listImages({ images, containers, usage, version }: DiskSources): readonly WireImageSummary[] {
  return images.map((image) =>
    toWireImageSummary(image, {
      version,
      containers: containers.filter(({ imageId }) => imageId === image.id).length,
      sharedBytes: usage.sharedBytesOf.get(image.id) ?? 0,
    }),
  );
}

function listContainers({ containers, images, usage, nowMs }: DiskSources): readonly WireContainerSummary[] {
  const imagesById = new Map(images.map((image) => [image.id, image]));
  return containers.map((container) => {
    const image = imagesById.get(container.imageId);
    const writableBytes = usage.containerBytesOf.get(container.id) ?? 0;
    const size = { writableBytes, rootfsBytes: writableBytes + (image?.sizeBytes ?? 0) };
    return toWireContainerSummary(container, { size, nowMs });
  });
}

/** What is elsewhere is not of this disk. */
function listVolumes({ volumes, usage, countUsers }: DiskSources): readonly WireUsedVolume[] {
  return volumes.filter(isOwnFolder).map((volume) => ({
    ...toWireVolume(volume),
    UsageData: { RefCount: countUsers(volume.name), Size: usage.volumeBytesOf.get(volume.name) ?? 0 },
  }));
}
