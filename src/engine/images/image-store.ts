import { EngineError } from '../../model/errors.js';
import { type Digest, type ImageId, isDigest } from '../../model/ids.js';
import type { Image } from '../../model/image.js';
import {
  formatFamiliarReference,
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../model/image-reference.js';
import { toList, toObject, toText } from '../../model/json-values.js';
import type { Database } from '../../platform/database.js';
import { createRecordTable } from '../state/record-table.js';

/** An image as it is kept. Its config's bytes are in the content store under its id. */
export interface StoredImage {
  /** Without the names that point to it. */
  readonly image: Omit<Image, 'repoTags' | 'repoDigests'>;
  /** The blob of each layer, plain or compressed, as it came; lowest first. */
  readonly layerBlobs: readonly Digest[];
  /** The manifest that these blobs came with from a registry; it is pushed as it is. */
  readonly manifest?: StoredManifest;
}

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
}

/** All that is in the content store for some image. */
export function listUsedContent(images: Pick<ImageStore, 'list' | 'get'>): ReadonlySet<Digest> {
  const stored = images.list().flatMap(({ id }) => images.get(id) ?? []);
  return new Set(stored.flatMap(listContent));
}

/** All of an image that is in the content store. */
export function listContent({ image, layerBlobs, manifest }: StoredImage): readonly Digest[] {
  return [image.id, ...layerBlobs, ...(manifest === undefined ? [] : [manifest.digest])];
}

/** Images and the names that point to them, in the state database. */
export interface ImageStore {
  /** Newest first. */
  list(): readonly Image[];
  get(id: ImageId): StoredImage | undefined;
  /** By a reference, an id or a unique prefix of one. Rejects: not-found, invalid-argument (ambiguous). */
  resolve(ref: string): { readonly image: Image; readonly stored: StoredImage; readonly isById: boolean };
  /** Keeps an image that is there already, unless it is to `replace` that. Names that pointed elsewhere are moved. */
  add(stored: StoredImage, references: readonly string[], replace?: boolean): Image;
  /** Complete reference; what it pointed to before keeps its other names. */
  tag(id: ImageId, reference: string): void;
  untag(reference: string): void;
  /** What the image is known by in a registry, and is pushed as again. */
  setManifest(id: ImageId, manifest: StoredManifest): void;
  /** False if it was gone already. Its names go with it. */
  remove(id: ImageId): boolean;
  /** Complete references of an image: with a tag each, or with the digest that a registry knows it by. */
  references(id: ImageId): readonly string[];
}

export interface ImageName {
  readonly reference: string;
  readonly imageId: ImageId;
}

const ID_PREFIX = /^(?:sha256:)?([0-9a-f]{1,64})$/;

export function createImageStore(database: Database): ImageStore {
  const images = createRecordTable<StoredImage>({ database, table: 'images', parse: parseStoredImage });
  const names = createRecordTable<ImageName>({
    database,
    table: 'image_references',
    parse: parseImageName,
    columns: ({ imageId }) => ({ image_id: imageId }),
  });
  // The columns of a name say all that its document does.
  const references = (id: ImageId) =>
    database
      .all('SELECT id FROM image_references WHERE image_id = ?', id)
      .map((row) => String(row['id']))
      .sort();
  const withNames = ({ image }: StoredImage): Image => {
    const all = references(image.id).map(parseImageReference);
    const [tags, digests] = [
      all.filter((name) => name.tag !== undefined),
      all.filter((name) => name.tag === undefined),
    ];
    return { ...image, repoTags: tags.map(formatFamiliarReference), repoDigests: digests.map(formatFamiliarReference) };
  };
  const tag = (id: ImageId, reference: string) => {
    if (names.update(reference, () => ({ reference, imageId: id })) === undefined) {
      names.insert(reference, { reference, imageId: id });
    }
  };
  const findById = (ref: string): StoredImage | undefined => {
    const prefix = ID_PREFIX.exec(ref)?.[1];
    if (prefix === undefined) return undefined;
    const [first, second] = images.find('id LIKE ?', `sha256:${prefix}%`);
    if (second !== undefined) throw new EngineError('invalid-argument', `ambiguous image id prefix: ${ref}`);
    return first?.value;
  };
  const findByName = (ref: string): StoredImage | undefined => {
    const name = names.get(toStoredName(parseImageReference(ref)))?.value;
    return name === undefined ? undefined : images.get(name.imageId)?.value;
  };
  return {
    references,
    tag,
    get: (id) => images.get(id)?.value,
    list: () =>
      images
        .find()
        .map(({ value }) => withNames(value))
        .sort((a, b) => b.createdAtMs - a.createdAtMs),
    resolve(ref) {
      const isFullId = /^sha256:[0-9a-f]{64}$/.test(ref) || /^[0-9a-f]{64}$/.test(ref);
      const named = isFullId ? undefined : findByNameOrNone(findByName, ref);
      const stored = named ?? findById(ref);
      if (stored === undefined) throw new EngineError('not-found', `No such image: ${showReference(ref)}`);
      return { image: withNames(stored), stored, isById: named === undefined };
    },
    add: (stored, newNames, replace = false) =>
      database.transaction(() => {
        if (!images.insert(stored.image.id, stored) && replace) images.update(stored.image.id, () => stored);
        for (const reference of newNames) tag(stored.image.id, reference);
        return withNames(images.get(stored.image.id)?.value ?? stored);
      }),
    setManifest: (id, manifest) => void images.update(id, (stored) => ({ ...stored, manifest })),
    untag: (reference) => void names.remove(reference),
    remove: (id) =>
      database.transaction(() => {
        for (const reference of references(id)) names.remove(reference);
        return images.remove(id);
      }),
  };
}

/** A digest says all: a tag beside it does not count. */
function toStoredName({ tag, digest, ...name }: ImageReference): string {
  return formatImageReference(digest === undefined ? { ...name, ...(tag && { tag }) } : { ...name, digest });
}

/** What is no reference may still be the start of an id. */
function findByNameOrNone(find: (ref: string) => StoredImage | undefined, ref: string): StoredImage | undefined {
  try {
    return find(ref);
  } catch (error) {
    if (error instanceof EngineError && ID_PREFIX.test(ref)) return undefined;
    throw error;
  }
}

/** Docker names the reference in full, with the tag it looked for. */
function showReference(ref: string): string {
  return ID_PREFIX.test(ref) && ref.startsWith('sha256:') ? ref : formatFamiliarReference(parseImageReference(ref));
}

/** A row's document. Throws where it is none. */
export function parseStoredImage(document: unknown): StoredImage {
  const { image, layerBlobs, manifest } = toObject(document);
  if (!isDigest(toText(toObject(image)['id'])))
    throw new EngineError('internal', 'the state database has a malformed image');
  const digest = toText(toObject(manifest)['digest']);
  return {
    image: image as StoredImage['image'],
    layerBlobs: toList(layerBlobs).map(toText).filter(isDigest),
    ...(isDigest(digest) ? { manifest: { digest, mediaType: toText(toObject(manifest)['mediaType']) } } : {}),
  };
}

/** As parseStoredImage, of a name. */
export function parseImageName(document: unknown): ImageName {
  const { reference, imageId } = toObject(document);
  const id = toText(imageId);
  if (!isDigest(id)) throw new EngineError('internal', 'the state database has a malformed image name');
  return { reference: toText(reference), imageId: id as ImageId };
}
