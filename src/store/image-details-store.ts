import { createStore, type StoreApi } from 'zustand/vanilla';
import { toWireImage } from '../api/wire/image.js';
import type { Engine } from '../engine/engine.js';
import { messageOf } from '../model/errors.js';
import type { ImageId } from '../model/ids.js';
import type { HistoryEntry, Image } from '../model/image.js';
import type { Loaded } from './details-store.js';

/** What is read of an image when it is looked at. */
export interface ImageDetails {
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  /** Lines of JSON. */
  readonly inspect: readonly string[];
}

export type ImageDetailsState = { readonly imageId: ImageId | undefined } & {
  readonly [K in keyof ImageDetails]?: Loaded<ImageDetails[K]>;
};

export type ImageDetailsStore = StoreApi<ImageDetailsState> & {
  /** Reads a detail of an image; what was read of another one is dropped. */
  load(kind: keyof ImageDetails, image: Image): Promise<void>;
};

export function createImageDetailsStore(engine: Engine): ImageDetailsStore {
  const store = createStore<ImageDetailsState>(() => ({ imageId: undefined }));
  const readers: { readonly [K in keyof ImageDetails]: (image: Image) => Promise<ImageDetails[K]> } = {
    history: ({ id }) => engine.images.history(id),
    inspect: async ({ id }) => {
      const [image, { storageDriver }] = await Promise.all([engine.images.inspect(id), engine.system.info()]);
      return JSON.stringify([toWireImage(image, storageDriver)], undefined, 4).split('\n');
    },
  };
  return Object.assign(store, {
    load: async (kind: keyof ImageDetails, image: Image) => {
      if (store.getState().imageId !== image.id) store.setState({ imageId: image.id }, true);
      if (store.getState()[kind] === undefined) store.setState({ [kind]: { status: 'loading' } });
      let loaded: Loaded<ImageDetails[keyof ImageDetails]>;
      try {
        loaded = { status: 'ready', value: await readers[kind](image) };
      } catch (error) {
        loaded = { status: 'failed', message: messageOf(error) };
      }
      if (store.getState().imageId === image.id) store.setState({ [kind]: loaded });
    },
  });
}
