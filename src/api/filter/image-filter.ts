import { EngineError } from '../../model/errors.js';
import type { Image } from '../../model/image.js';
import { type Filters, matchesAny, matchesLabels, parseSwitch } from './filters.js';

/** The filters of `images`; `until` is read by whoever knows the time. */
export const IMAGE_FILTERS: readonly string[] = ['before', 'dangling', 'label', 'reference', 'since'];

/** The images that fit. Throws not-found for one of before and since that is not there. */
export function filterImages(filters: Filters, images: readonly Image[]): readonly Image[] {
  const before = findReference(filters, 'before', images);
  const since = findReference(filters, 'since', images);
  return narrowNames(filters, images).filter(
    (image) =>
      (before === undefined || image.createdAtMs < before.createdAtMs) &&
      (since === undefined || image.createdAtMs > since.createdAtMs) &&
      matchesLabels(filters, image.config.labels ?? {}) &&
      matchesAny(filters, 'dangling', (value) => parseSwitch('dangling', value) === (image.repoTags.length === 0)),
  );
}

/** With `reference`, images have only the names that fit, and those without one are left out. */
function narrowNames(filters: Filters, images: readonly Image[]): readonly Image[] {
  const patterns = filters.get('reference');
  if (patterns === undefined) {
    return images;
  }
  return images
    .map((image) => ({
      ...image,
      repoTags: image.repoTags.filter((tag) => patterns.some((pattern) => matchesReference(pattern, tag))),
    }))
    .filter(({ repoTags }) => repoTags.length > 0);
}

function findReference(filters: Filters, name: string, images: readonly Image[]): Image | undefined {
  const ref = filters.get(name)?.at(-1);
  if (ref === undefined) {
    return undefined;
  }
  const found = images.find(
    ({ id, repoTags }) => id.startsWith(`sha256:${ref}`) || repoTags.some((tag) => matchesReference(ref, tag)),
  );
  if (found === undefined) {
    throw new EngineError('not-found', `No such image: ${ref}`);
  }
  return found;
}

/** A name with or without its tag; `*` stands for anything but a slash. */
export function matchesReference(pattern: string, tag: string): boolean {
  const expression = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*');
  return new RegExp(`^${expression}$`).test(tag) || new RegExp(`^${expression}$`).test(tag.replace(/:[^/:]*$/, ''));
}
