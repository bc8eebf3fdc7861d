import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { Image } from '../../model/image.js';
import { formatFamiliarReference, formatImageReference, parseImageReference } from '../../model/image-reference.js';
import { fitsLabelFilter } from '../../model/label-filter.js';
import type { ImageService, PruneFilter, PruneOptions, PruneReport } from '../engine.js';
import { readHistory } from './history.js';
import type { ImageParts } from './image-parts.js';
import { previewPrune } from './preview-prune.js';
import { type FindImageUsers, pruneImages, removeImage } from './remove.js';
import { tellImage } from './tell-image.js';

export interface ImageServiceOptions extends ImageParts {
  /** The state root. */
  readonly root: string;
  /** The containers that have an image. */
  readonly findUsers: FindImageUsers;
}

/** The images of this engine; one function a verb, in the files beside. */
export function createImageService(options: ImageServiceOptions): ImageService {
  const { images, findUsers } = options;
  return {
    list: () => Promise.resolve(images.list()),
    inspect: async (ref) => await Promise.resolve(images.resolve(ref).image),
    async *pull(ref, pullOptions) {
      yield* (await import('./pull.js')).pullImage(options, ref, pullOptions);
    },
    async *push(ref, pushOptions) {
      yield* (await import('./push.js')).pushImage(options, ref, pushOptions);
    },
    async *copy(from, to, copyOptions) {
      yield* (await import('./copy-image.js')).copyImage(options, from, to, copyOptions);
    },
    build: () => refuse('build is not implemented yet: make images with import, load or commit'),
    tag: async (source, target) => await Promise.resolve(tagImage(options, source, target)),
    remove: async (ref, { force = false } = {}) => removeImage(options, ref, { force, findUsers }),
    prune: async (filter = {}) => await Promise.resolve(prune(options, filter)),
    history: (ref) => readHistory(options, ref),
    save: async (refs, saveOptions) => (await import('./save.js')).saveImages(options, refs, saveOptions),
    async *load(tar, { signal } = {}) {
      yield* (await import('./load.js')).loadImages(options, tar, signal);
    },
    import: async (tar, importOptions) => (await import('./import.js')).importImage(options, tar, importOptions),
    embedded: async () => (await import('./embedded.js')).listEmbeddedImages(),
    addEmbedded: async (name) => (await import('./embedded.js')).addEmbeddedImage(options, name),
    async *bootstrap(bootstrapOptions) {
      const { bootstrapImage } = await import('./bootstrap.js');
      yield* bootstrapImage(options, join(options.root, 'staging'), bootstrapOptions);
    },
  };
}

function prune(options: ImageServiceOptions, filter: PruneOptions & { readonly all?: boolean }): PruneReport {
  const { findUsers } = options;
  const isWanted = (image: Image): boolean => isPrunable(image, filter);
  if (filter.preview !== true) return pruneImages(options, isWanted, findUsers);
  return previewPrune(options, { isWanted, findUsers, without: filter.without ?? [] });
}

/** A stream that fails when it is read. */
async function* refuse(message: string): AsyncGenerator<never> {
  await Promise.reject(new EngineError('not-implemented', message));
  yield* [];
}

function tagImage(parts: ImageParts, source: string, target: string): void {
  const reference = parseImageReference(target);
  if (reference.digest !== undefined) {
    throw new EngineError('invalid-argument', 'refusing to create a tag with a digest reference');
  }
  const { image } = parts.images.resolve(source);
  parts.database.transaction(() => {
    parts.images.tag(image.id, formatImageReference(reference));
    const name = formatFamiliarReference(reference);
    tellImage(parts, 'tag', image, name);
  });
}

function isPrunable(image: Image, filter: PruneFilter & { readonly all?: boolean }): boolean {
  if (filter.all !== true && image.repoTags.length + image.repoDigests.length > 0) return false;
  if (filter.untilMs !== undefined && image.createdAtMs >= filter.untilMs) return false;
  return fitsLabelFilter(image.config.labels, filter);
}
