import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import {
  DOCKER_HUB,
  formatFamiliarName,
  type ImageReference,
  parseImageReference,
} from '../../model/image-reference.js';
import { type Manifest, parseManifest } from '../../model/manifest.js';
import { OCI_MANIFEST } from '../../model/media-types.js';
import { type ContentStore, openContentStore } from '../content/content-store.js';
import { digestOf } from '../content/digest.js';
import { readWhole } from '../content/small-content.js';
import type { Upstream } from '../registry/server/proxy/upstream.js';
import { openStateDatabase } from '../state/state-database.js';
import { createImageStore, type ImageStore, type StoredImage } from './image-store.js';
import { makeManifest } from './save.js';

interface Served {
  readonly content: ContentStore;
  readonly images: ImageStore;
}

/**
 * The images of the engine in `root`, as a registry sees another: each under its familiar name without the host (`busybox`,
 * `team/app`), and official ones as `library/busybox` too. What was pulled has the manifest that it came with; others get one
 * over their blobs as they are.
 */
export function openImageUpstream(root: string): Upstream {
  const database = openStateDatabase(root);
  const parts = { images: createImageStore(database), content: openContentStore(join(root, 'content')) };
  const find = async (repository: string, reference: string) => {
    const found = await findManifest(parts, repository, reference);
    if (found === undefined) throw new EngineError('not-found', `no image ${repository} with ${reference}`);
    return found;
  };
  return {
    fetchManifest: find,
    findDigest: async (repository, tag) => (await findManifest(parts, repository, tag))?.digest,
    openBlob: (_repository, digest) => {
      const sizeBytes = parts.content.stat(digest)?.sizeBytes;
      if (sizeBytes === undefined) return Promise.reject(new EngineError('not-found', `no content ${digest}`));
      const read = () => parts.content.read(digest);
      return Promise.resolve({ startsAt: 0, totalBytes: sizeBytes, read, discard: () => undefined });
    },
    locate: parts.content.locate,
    listTags: () =>
      listReferences(parts).flatMap(({ reference }) =>
        reference.tag === undefined ? [] : [{ repository: nameOf(reference), tag: reference.tag }],
      ),
    close: async () => database.close(),
  };
}

function listReferences({ images }: Served) {
  return images
    .list()
    .flatMap(({ id }) => images.references(id).map((text) => ({ id, reference: parseImageReference(text) })));
}

/** Without the host: a name of a repository cannot say its port. */
function nameOf(reference: ImageReference): string {
  return formatFamiliarName({ ...reference, domain: DOCKER_HUB });
}

async function findManifest(parts: Served, repository: string, wanted: string) {
  const named = listReferences(parts).filter(
    ({ reference }) => nameOf(reference) === repository || reference.path === repository,
  );
  // Of two hosts' images of one name, Docker Hub's is meant.
  const sorted = named.toSorted(
    (a, b) => Number(b.reference.domain === DOCKER_HUB) - Number(a.reference.domain === DOCKER_HUB),
  );
  for (const { id, reference } of sorted) {
    if (!wanted.includes(':') && reference.tag !== wanted) continue;
    const stored = parts.images.get(id);
    const manifest = stored && (await readManifest(parts, stored));
    if (manifest !== undefined && (!wanted.includes(':') || manifest.digest === wanted)) return manifest;
  }
  return undefined;
}

async function readManifest({ content }: Served, stored: StoredImage) {
  const { manifest } = stored;
  if (manifest !== undefined && content.stat(manifest.digest) !== undefined) {
    const bytes = await readWhole(content.read(manifest.digest));
    if (hasParts(content, parseManifest(bytes, manifest.mediaType))) {
      return { bytes, digest: manifest.digest, contentType: manifest.mediaType };
    }
  }
  const { bytes } = await makeManifest({ content }, stored);
  return { bytes, digest: digestOf(bytes), contentType: OCI_MANIFEST };
}

/** A push may have compressed layers on their way: then the manifest names what is not kept here. */
function hasParts(content: ContentStore, manifest: Manifest): boolean {
  const parts = manifest.kind === 'index' ? manifest.manifests : [manifest.config, ...manifest.layers];
  return parts.every(({ digest }) => content.stat(digest) !== undefined);
}
