import { EngineError } from '../../model/errors.js';
import type { Digest } from '../../model/ids.js';
import type { Image } from '../../model/image.js';
import { formatImageReference, parseImageReference } from '../../model/image-reference.js';
import {
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
} from '../../model/media-types.js';
import type { FileEntry } from '../../platform/tar/file-entry.js';
import { TarWriter } from '../../platform/tar/tar-writer.js';
import type { Compression } from '../content/decompress.js';
import { digestOf } from '../content/digest.js';
import { findCompression } from '../content/small-content.js';
import type { SaveOptions } from '../engine.js';
import { toBlobPath } from './archive-layout.js';
import type { ImageParts } from './image-parts.js';
import type { StoredImage } from './image-store.js';
import { tellImage } from './tell-image.js';

interface SavedImage {
  readonly image: Image;
  readonly stored: StoredImage;
  /** Complete references to save it under. */
  readonly references: readonly string[];
}

interface SavedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly bytes: Buffer | Digest;
}

const MEDIA_TYPES: Readonly<Record<Compression, string>> = {
  none: OCI_LAYER,
  gzip: OCI_LAYER_GZIP,
  zstd: OCI_LAYER_ZSTD,
};

/**
 * An archive that is an OCI image layout and, by its manifest.json, a Docker archive: what `docker save` writes since
 * version 25. Layers are the very bytes that came in, so digests stay. Rejects: not-found.
 */
export async function saveImages(
  parts: ImageParts,
  refs: readonly string[],
  options: SaveOptions = {},
): Promise<AsyncGenerator<Buffer>> {
  const images = mergeByImage(refs.flatMap((ref) => resolveNamed(parts, ref)));
  const files = await listFiles(parts, images);
  for (const { image } of images) tellImage(parts, 'save', image);
  return writeFiles(parts, files, options);
}

/** Of a name without a tag, as with Docker, all tags that the repository has here. */
function resolveNamed(parts: ImageParts, ref: string): readonly SavedImage[] {
  const tags = listTags(parts, ref);
  return tags.length === 0 ? [resolveSaved(parts, ref)] : tags.map((tag) => resolveSaved(parts, tag));
}

/** None of what has a tag or a digest, or is an id. */
function listTags({ images }: ImageParts, ref: string): readonly string[] {
  if (/[@:][^/]*$|^[0-9a-f]{64}$/.test(ref)) return [];
  const { domain, path } = parseImageReference(ref);
  const isSame = (tag: string): boolean => {
    const other = parseImageReference(tag);
    return other.domain === domain && other.path === path;
  };
  const tags = images.list().flatMap(({ repoTags }) => repoTags);
  return tags.filter(isSame).sort();
}

function resolveSaved(parts: ImageParts, ref: string): SavedImage {
  const { image, stored, isById } = parts.images.resolve(ref);
  const isTag = !isById && parseImageReference(ref).digest === undefined;
  return { image, stored, references: isTag ? [formatImageReference(parseImageReference(ref))] : [] };
}

function mergeByImage(images: readonly SavedImage[]): readonly SavedImage[] {
  const merged = new Map<string, SavedImage>();
  for (const image of images) {
    const known = merged.get(image.image.id);
    merged.set(image.image.id, { ...image, references: [...(known?.references ?? []), ...image.references] });
  }
  return [...merged.values()];
}

async function listFiles(parts: ImageParts, images: readonly SavedImage[]): Promise<readonly SavedFile[]> {
  const blobs = new Map<string, SavedFile>();
  const descriptors: object[] = [];
  for (const image of images) {
    const { bytes: manifest, blobs: named } = await makeManifest(parts, image.stored);
    for (const { digest, size } of named) {
      blobs.set(digest, { path: toBlobPath(digest), sizeBytes: size, bytes: digest });
    }
    blobs.set(digestOf(manifest), toFile(toBlobPath(digestOf(manifest)), manifest));
    descriptors.push(...describeManifest(image, manifest));
  }
  return [
    ...blobs.values(),
    toFile('index.json', toJsonBytes({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: descriptors })),
    toFile('manifest.json', toJsonBytes(images.map(toDockerManifest))),
    toFile('oci-layout', toJsonBytes({ imageLayoutVersion: '1.0.0' })),
    toFile('repositories', toJsonBytes(toRepositories(images))),
  ];
}

/** An OCI manifest over the blobs as they are, the same whenever it is made; and what it names. */
export async function makeManifest(parts: Pick<ImageParts, 'content'>, { image, layerBlobs }: StoredImage) {
  const layers = await Promise.all(layerBlobs.map((digest) => describeLayer(parts, digest)));
  const config = describeBlob(parts, image.id, OCI_CONFIG);
  const bytes = toJsonBytes({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers });
  return { bytes, blobs: [config, ...layers] };
}

async function describeLayer(parts: Pick<ImageParts, 'content'>, digest: Digest) {
  return describeBlob(parts, digest, MEDIA_TYPES[await findCompression(parts.content, digest)]);
}

function describeBlob(parts: Pick<ImageParts, 'content'>, digest: Digest, mediaType: string) {
  const blob = parts.content.stat(digest);
  if (blob === undefined) throw new EngineError('internal', `the content of the image is missing: ${digest}`);
  return { mediaType, digest, size: blob.sizeBytes };
}

/** One descriptor for each name, as an index has them; one without for an image that has none. */
function describeManifest({ image, references }: SavedImage, manifest: Buffer): readonly object[] {
  const descriptor = {
    mediaType: OCI_MANIFEST,
    digest: digestOf(manifest),
    size: manifest.length,
    platform: image.platform,
  };
  if (references.length === 0) return [descriptor];
  return references.map((reference) => ({
    ...descriptor,
    annotations: {
      'io.containerd.image.name': reference,
      'org.opencontainers.image.ref.name': parseImageReference(reference).tag ?? '',
    },
  }));
}

function toDockerManifest({ image, stored, references }: SavedImage): object {
  return {
    Config: toBlobPath(image.id),
    RepoTags: references.length === 0 ? null : references.map(toDockerName),
    Layers: stored.layerBlobs.map(toBlobPath),
  };
}

function toRepositories(images: readonly SavedImage[]): object {
  const repositories: Record<string, Record<string, string>> = {};
  for (const { references, stored } of images) {
    const top = stored.image.layers.at(-1)?.slice('sha256:'.length);
    for (const reference of references) {
      const { tag } = parseImageReference(reference);
      const name = toDockerName(reference).slice(0, -1 - (tag ?? '').length);
      if (tag !== undefined && top !== undefined) repositories[name] = { ...repositories[name], [tag]: top };
    }
  }
  return repositories;
}

function toDockerName(reference: string): string {
  return reference.replace(/^docker\.io\/(library\/)?/, '');
}

function toJsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function toFile(path: string, bytes: Buffer): SavedFile {
  return { path, sizeBytes: bytes.length, bytes };
}

async function* writeFiles(
  parts: ImageParts,
  files: readonly SavedFile[],
  { signal, reuse = false }: SaveOptions,
): AsyncGenerator<Buffer> {
  let written: Buffer[] = [];
  const writer = new TarWriter((bytes) => written.push(bytes));
  const take = () => written.splice(0);
  for (const path of ['blobs', 'blobs/sha256']) writer.entry({ ...ENTRY, kind: 'directory', path, mode: 0o755 });
  for (const file of files) {
    writer.entry({ ...ENTRY, path: file.path, sizeBytes: file.sizeBytes });
    const content = typeof file.bytes === 'string' ? parts.content.read(file.bytes, { reuse }) : [file.bytes];
    for await (const bytes of content) {
      if (signal?.aborted === true) throw new EngineError('cancelled', 'saving the image was cancelled');
      writer.content(bytes);
      yield* take();
    }
  }
  writer.finish();
  yield* take();
  written = [];
}

const ENTRY: FileEntry = {
  kind: 'file',
  path: '',
  target: '',
  mode: 0o644,
  uid: 0,
  gid: 0,
  major: 0,
  minor: 0,
  mtimeSeconds: 0,
  mtimeNanoseconds: 0,
  sizeBytes: 0,
};
