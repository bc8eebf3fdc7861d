import { join } from 'node:path';
import type { LayerSink } from '../layer-sink.js';

/** In the order in which a new state root tries them; what comes after `vfs`, which is always there, has to be asked for. */
export const STORAGE_DRIVERS = ['erofs', 'overlay2', 'btrfs', 'fuse-overlayfs', 'vfs', 'devicemapper'] as const;

export type StorageDriverName = (typeof STORAGE_DRIVERS)[number];

/**
 * How layers are kept on a disk. A driver knows one place: the folder of a layer or of a container's own layer, with all that is its
 * business in it. Where places are, what is said of them, and when they come and go is the layer store's: a place is made in the
 * staging folder, takes its name by a rename, and is deleted like any folder, by whoever finds it left over.
 */
export interface StorageDriver {
  readonly name: StorageDriverName;
  /**
   * What a container changed is the content of its upper folder, or is found by comparing its root with what it began with, which
   * reads both.
   */
  readonly changes: 'upper' | 'compare';
  /** A root is a stack of folders, each with what its layer alone brings. */
  readonly isStacked: boolean;
  /** A layer is its tar and little beside: to make one that is not wanted in the end costs little. */
  readonly keepsTars?: boolean;
  /** What makes its mounts, where that is not the kernel: gantry-init starts it (native/fuse-overlay.c). */
  readonly fuseProgram?: string;
  /** Makes the place of a layer. Rejects with EngineError. */
  beginLayer(place: string, beginning: LayerBeginning): Promise<LayerDraft>;
  /**
   * What a layer is as the root that it is with all below it, read-only, top first: folders, images that
   * overlay mounts (image-files.ts), or one device (device-files.ts). `places`: its own and those below, top first.
   */
  layerFolders(places: readonly string[]): readonly string[];
  /** What `layerFolders` tells of the layer at the place is there. */
  hasFiles(place: string): boolean;
  /** Makes the place of a container's layer on top of the layer that is at `parent`. Rejects with EngineError. */
  makeWritable(place: string, parent: string | undefined): Promise<void>;
  /** What is mounted as a container's root. `below` are the folders of its parent. */
  findRoot(place: string, below: readonly string[]): WritableFolders;
}

export interface LayerBeginning {
  /** Path of gantry-init. */
  readonly program: string;
  /** The place of the layer below. */
  readonly parent?: string;
  /** There is one, or may be: whiteouts count. Default: where its place is told. */
  readonly hasBelow?: boolean;
  /** A file that is the layer's plain tar, and which nobody changes, when the sink is finished; what is read is the same. */
  readonly tar?: string;
}

/** A layer on its way. */
export interface LayerDraft {
  readonly sink: LayerSink;
  /** When the sink has all, and it is what it should be. */
  finish(): Promise<void>;
}

/** What an overlay takes; without lowers `upper` is the root as it is, and `work` is empty. */
export interface WritableFolders {
  /** Top first. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
}

/** What `info` tells of a driver. */
export type StorageStatus = readonly (readonly [name: string, value: string])[];

export function isStorageDriverName(name: string): name is StorageDriverName {
  return STORAGE_DRIVERS.some((known) => known === name);
}

/** Where a driver keeps what it has in a state root; the kernel's overlay in the root itself, as it always has. */
export function driverRoot(root: string, name: StorageDriverName): string {
  return name === 'overlay2' ? root : join(root, name);
}
