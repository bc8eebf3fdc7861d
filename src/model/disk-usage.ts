import type { ContainerId, ImageId, VolumeName } from './ids.js';

/** Sums, bytes. A layer that several images share counts once. */
interface DiskSums {
  readonly imagesBytes: number;
  readonly containersBytes: number;
  readonly volumesBytes: number;
}

export interface DiskUsage extends DiskSums {
  /** Of what nothing uses: layers below no container's image, containers that do not run, volumes that no container has. */
  readonly reclaimable: DiskSums;
  /** Bytes of the layers of each image that another image has too. */
  readonly sharedBytesOf: ReadonlyMap<ImageId, number>;
  readonly containerBytesOf: ReadonlyMap<ContainerId, number>;
  readonly volumeBytesOf: ReadonlyMap<VolumeName, number>;
}
