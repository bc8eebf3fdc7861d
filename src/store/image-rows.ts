import type { Container } from '../model/container.js';
import type { ImageId } from '../model/ids.js';
import type { EmbeddedImage, Image } from '../model/image.js';
import type { ContainersState } from './containers-store.js';
import { createListFilter, type FilteredRow } from './list-filter.js';
import { compareNaturally } from './natural-order.js';
import type { ResourcesState } from './resources-store.js';
import type { ImageSortColumn, ViewState } from './view-store.js';

/** A row of the image list: an image, or an embedded one that is not there yet. */
export type ImageRow =
  | { readonly kind: 'image'; readonly key: string; readonly image: Image }
  | { readonly kind: 'embedded'; readonly key: string; readonly embedded: EmbeddedImage };

/** The rows of the image list, filtered and sorted; embedded images that are not there yet come last. */
export function selectImageRows(
  resources: Pick<ResourcesState, 'images' | 'embedded' | 'layerUse'>,
  containers: ContainersState,
  view: Pick<ViewState, 'imageSort' | 'lists'>,
): readonly ImageRow[] {
  const matches = createListFilter(view.lists.images.filter);
  const present = new Set(resources.images.map((image) => image.embedded));
  const { column, isReversed } = view.imageSort;
  const compare = comparisons(resources, column === 'containers' ? countImageUsers(containers) : new Map())[column];
  const images = [...resources.images].sort((a, b) => compare(a, b) || (a.id < b.id ? -1 : 1));
  if (isReversed) images.reverse();
  const rows: ImageRow[] = [
    ...images.map((image) => ({ kind: 'image' as const, key: image.id, image })),
    ...resources.embedded
      .filter((embedded) => !present.has(embedded.name))
      .map((embedded) => ({ kind: 'embedded' as const, key: `embedded:${embedded.name}`, embedded })),
  ];
  return rows.filter((row) => matches(toFiltered(row)));
}

/** The name that an image is shown by: `busybox:latest`, `app@sha256:0123456789ab`, `<none>`. */
export function nameImage({ repoTags, repoDigests }: Image): string {
  const [byDigest] = repoDigests;
  return repoTags[0] ?? byDigest?.replace(/@(sha256:\w{12}).*$/, '@$1') ?? '<none>';
}

/** What the engine finds the image by, whatever other names it has. */
export function referImage(image: Image): string {
  return image.repoTags[0] ?? image.repoDigests[0] ?? image.id;
}

/** Without any name, as an image is when another has taken its tag. */
export function isDangling({ repoTags, repoDigests }: Image): boolean {
  return repoTags.length === 0 && repoDigests.length === 0;
}

/** How many containers each image has. */
export function countImageUsers({ byId }: ContainersState): ReadonlyMap<ImageId, number> {
  const counts = new Map<ImageId, number>();
  for (const { imageId } of byId.values()) counts.set(imageId, (counts.get(imageId) ?? 0) + 1);
  return counts;
}

export function findImageUsers({ byId }: ContainersState, image: Pick<Image, 'id'>): readonly Container[] {
  return [...byId.values()].filter(({ imageId }) => imageId === image.id);
}

function toFiltered(row: ImageRow): FilteredRow {
  if (row.kind === 'embedded') {
    return { text: `${row.key} ${row.embedded.description}`, names: [row.embedded.name], labels: {} };
  }
  const { repoTags, repoDigests, id, config } = row.image;
  const text = [...repoTags, ...repoDigests, id, isDangling(row.image) ? 'dangling <none>' : ''].join(' ');
  return { text, names: repoTags, labels: config.labels ?? {} };
}

type Comparison = (a: Image, b: Image) => number;

/** Largest, newest and most used first. */
function comparisons(
  { layerUse }: Pick<ResourcesState, 'layerUse'>,
  users: ReadonlyMap<ImageId, number>,
): Readonly<Record<ImageSortColumn, Comparison>> {
  const share = (image: Image, part: 'uniqueBytes' | 'sharedBytes') => layerUse.share(image.id)?.[part] ?? -1;
  return {
    created: (a, b) => b.createdAtMs - a.createdAtMs,
    name: (a, b) => compareNaturally(nameImage(a), nameImage(b)),
    size: (a, b) => b.sizeBytes - a.sizeBytes,
    unique: (a, b) => share(b, 'uniqueBytes') - share(a, 'uniqueBytes'),
    shared: (a, b) => share(b, 'sharedBytes') - share(a, 'sharedBytes'),
    containers: (a, b) => (users.get(b.id) ?? 0) - (users.get(a.id) ?? 0),
    id: (a, b) => a.id.localeCompare(b.id),
  };
}
