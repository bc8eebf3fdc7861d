import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EngineInfo } from '../engine/engine.js';
import type { VolumeName } from '../model/ids.js';
import type { EmbeddedImage, Image } from '../model/image.js';
import type { Network } from '../model/network.js';
import type { Volume } from '../model/volume.js';
import { type LayerUse, readLayerUse } from './image-shares.js';

/** What there are few of and what is read as a whole list: images, volumes, networks and the engine itself. */
export interface ResourcesState {
  readonly images: readonly Image[];
  readonly embedded: readonly EmbeddedImage[];
  readonly layerUse: LayerUse;
  readonly volumes: readonly Volume[];
  /** Of those that were measured. */
  readonly volumeBytes: ReadonlyMap<VolumeName, number>;
  readonly networks: readonly Network[];
  readonly info: EngineInfo | undefined;
  readonly areImagesLoaded: boolean;
  /** Why the engine's events do not come in; undefined while they do. */
  readonly connectionError: string | undefined;
}

export type ResourcesStore = StoreApi<ResourcesState>;

export function createResourcesStore(): ResourcesStore {
  return createStore<ResourcesState>(() => ({
    images: [],
    embedded: [],
    layerUse: readLayerUse([], []),
    volumes: [],
    volumeBytes: new Map(),
    networks: [],
    info: undefined,
    areImagesLoaded: false,
    connectionError: undefined,
  }));
}
