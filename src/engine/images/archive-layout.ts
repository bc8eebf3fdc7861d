import { EngineError } from '../../model/errors.js';
import { type Digest, isDigest } from '../../model/ids.js';
import { formatImageReference, type ImageReference, parseImageReference } from '../../model/image-reference.js';
import { parseJson, toList, toObject, toText } from '../../model/json-values.js';
import type { ArchivedBlob, StagedArchive } from './staged-archive.js';

/** One image of an archive: where its parts are, and the complete names it is to have. */
export interface ArchivedImage {
  readonly config: Buffer;
  readonly layers: readonly Promise<ArchivedBlob>[];
  readonly references: readonly string[];
}

const ATTESTATION = 'vnd.docker.reference.type';
const REF_NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';
const INDEX_DEPTH_MAX = 4;

/**
 * The images of an archive: `manifest.json`, which every `docker save` of the last ten years writes, or else an OCI image
 * layout (image-spec, image-layout.md). Rejects: invalid-argument (neither, or parts are missing).
 */
export async function readArchiveLayout(
  archive: StagedArchive,
  architecture: string,
): Promise<readonly ArchivedImage[]> {
  const images = archive.has('manifest.json')
    ? await readDockerLayout(archive)
    : archive.has('index.json')
      ? await readOciLayout(archive, architecture)
      : undefined;
  if (images === undefined) {
    throw new EngineError(
      'invalid-argument',
      'the archive is no image archive: it has neither manifest.json nor index.json',
    );
  }
  if (images.length === 0) throw new EngineError('invalid-argument', 'the archive has no image for this machine');
  return images;
}

async function readDockerLayout(archive: StagedArchive): Promise<readonly ArchivedImage[]> {
  const manifests = toList(parseJson(await archive.readSmall('manifest.json'), 'manifest.json'));
  return await Promise.all(
    manifests.map(async (manifest) => {
      const { Config, RepoTags, Layers } = toObject(manifest);
      return {
        config: await archive.readSmall(toText(Config)),
        layers: toList(Layers).map((path) => archive.file(toText(path))),
        references: toList(RepoTags).map((tag) => formatImageReference(parseImageReference(toText(tag)))),
      };
    }),
  );
}

async function readOciLayout(archive: StagedArchive, architecture: string): Promise<readonly ArchivedImage[]> {
  const index = toObject(parseJson(await archive.readSmall('index.json'), 'index.json'));
  const images: ArchivedImage[] = [];
  const walk: Walk = { archive, architecture, fruitless: new Set() };
  for (const descriptor of toList(index['manifests'])) {
    const manifest = await findManifest(walk, descriptor, INDEX_DEPTH_MAX);
    if (manifest !== undefined) images.push(await readOciImage(archive, manifest, descriptor));
  }
  return images;
}

interface Walk {
  readonly archive: StagedArchive;
  readonly architecture: string;
  /** Digests of indexes that have nothing for this machine: what names one of them a million times takes no longer for it. */
  readonly fruitless: Set<string>;
}

/** The manifest that a descriptor means for this machine; an index is gone through. */
async function findManifest(walk: Walk, descriptor: unknown, depth: number): Promise<unknown> {
  const { archive, architecture, fruitless } = walk;
  const { annotations, digest, platform } = toObject(descriptor);
  const wanted = toText(toObject(platform)['architecture']);
  if (toObject(annotations)[ATTESTATION] !== undefined || (wanted !== '' && wanted !== architecture)) return undefined;
  if (fruitless.has(toText(digest))) return undefined;
  if (depth === 0) throw new EngineError('invalid-argument', 'the archive has indexes nested too deeply');
  const document = toObject(parseJson(await readBlob(archive, descriptor), 'a manifest of the archive'));
  const children = toList(document['manifests']);
  // What claims to be both is read differently by different programs (CVE-2021-41190).
  if (children.length > 0 && document['layers'] !== undefined) {
    throw new EngineError('invalid-argument', 'the archive has a manifest that is an index too');
  }
  if (document['layers'] !== undefined) return document;
  for (const child of children) {
    const found = await findManifest(walk, child, depth - 1);
    if (found !== undefined) return found;
  }
  fruitless.add(toText(digest));
  return undefined;
}

async function readOciImage(archive: StagedArchive, manifest: unknown, descriptor: unknown): Promise<ArchivedImage> {
  const { config, layers } = toObject(manifest);
  return {
    config: await readBlob(archive, config),
    layers: toList(layers).map((layer) => {
      const blob = findBlob(archive, layer);
      // The first that is wrong is told by who waits for it.
      blob.catch(() => undefined);
      return blob;
    }),
    references: toReferences(toObject(toObject(descriptor)['annotations'])),
  };
}

async function findBlob(archive: StagedArchive, descriptor: unknown): Promise<ArchivedBlob> {
  const { digest, size } = toObject(descriptor);
  const blob = await archive.file(toBlobPath(toText(digest)));
  if (blob.digest !== digest || (typeof size === 'number' && size !== blob.sizeBytes)) {
    throw new EngineError('invalid-argument', `the archive's content is not what it should be: ${toText(digest)}`);
  }
  return blob;
}

async function readBlob(archive: StagedArchive, descriptor: unknown): Promise<Buffer> {
  await findBlob(archive, descriptor);
  return await archive.readSmall(toBlobPath(toText(toObject(descriptor)['digest'])));
}

export function toBlobPath(digest: Digest | string): string {
  if (!isDigest(digest)) throw new EngineError('invalid-argument', `the archive has an invalid digest "${digest}"`);
  return `blobs/sha256/${digest.slice('sha256:'.length)}`;
}

/** Layouts of other programs name an image by a tag alone, which names nothing here. */
function toReferences(annotations: Readonly<Record<string, unknown>>): readonly string[] {
  const name = toText(annotations[CONTAINERD_NAME]) || toText(annotations[REF_NAME]);
  const reference = /[/:]/.test(name) ? tryParse(name) : undefined;
  return reference === undefined ? [] : [formatImageReference(reference)];
}

function tryParse(name: string): ImageReference | undefined {
  try {
    return parseImageReference(name);
  } catch {
    // An annotation may hold any text; the image is loaded without a name.
    return undefined;
  }
}
