import type { Descriptor } from '../../model/descriptor.js';
import { EngineError } from '../../model/errors.js';
import type { Digest, ImageId } from '../../model/ids.js';
import type { Image, Platform, PullProgress } from '../../model/image.js';
import {
  formatFamiliarReference,
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../model/image-reference.js';
import { type ImageManifest, parseManifest } from '../../model/manifest.js';
import { isImageConfigType } from '../../model/media-types.js';
import { describePlatformMismatch, isPlatform } from '../../model/platform.js';
import type { RegistryOptions } from '../engine.js';
import { toChainIds } from '../layers/chain-id.js';
import type { RegistrySource } from '../registry/client/registry-client.js';
import type { FetchedManifest } from '../registry/client/repository.js';
import { addImage } from './add-image.js';
import { type BlobFetcher, startFetching } from './fetch-blobs.js';
import { checkLayerCount, parseImageConfig } from './image-config.js';
import type { ImageParts } from './image-parts.js';
import { isWhole } from './is-whole.js';
import { hostPlatform, requireManifest } from './platform.js';
import { type Report, streamProgress } from './progress-stream.js';
import { toPullError } from './pull-error.js';
import { tellTransfer } from './tell-image.js';

/**
 * Fetches an image: the manifest for this machine, then config and layers, each verified before it is used, then names it. Layers
 * are unpacked while others come in. Rejects in Docker's words: not-found, unauthorized, permission-denied, unavailable,
 * invalid-argument, cancelled; then nothing that came in is left.
 */
export function pullImage(parts: ImageParts, ref: string, options: RegistryOptions = {}): AsyncIterable<PullProgress> {
  return streamProgress(async (report, signal) => {
    const reference = parseImageReference(ref);
    const source = await parts.registries.openSource(reference, options.credentials);
    const pull: Pull = {
      parts,
      reference,
      source,
      signal,
      report,
      ...(options.platform && { platform: options.platform }),
    };
    try {
      await pullFrom(pull);
    } catch (error) {
      throw signal.aborted
        ? new EngineError('cancelled', `the pull of ${ref} was cancelled`, { cause: error })
        : toPullError(error, reference);
    } finally {
      await source.close();
    }
  }, options.signal);
}

interface Pull {
  readonly parts: ImageParts;
  readonly reference: ImageReference;
  readonly source: RegistrySource;
  readonly signal: AbortSignal;
  readonly report: Report;
  readonly platform?: Platform;
}

async function pullFrom(pull: Pull): Promise<void> {
  const { parts, reference, source, signal, report } = pull;
  const wanted = reference.digest ?? reference.tag ?? 'latest';
  const top = await source.fetchManifest(wanted, signal);
  report({ phase: 'resolving', reference: wanted, repository: reference.path });
  // Only here: what reads the file is larger than the rest of the engine.
  const { checkPolicy } = await import('../registry/signature/policy.js');
  await checkPolicy(parts.registries, reference, { digest: top.digest, source });
  const chosen = await choosePlatform(pull, top);
  if (!isImageConfigType(chosen.manifest.config.mediaType)) {
    throw new EngineError(
      'invalid-argument',
      `encountered remote "${chosen.manifest.config.mediaType}"(unknown) when fetching`,
    );
  }
  const names = listNames(reference, top.digest);
  const before = findImage(parts, names[0]);
  const image = await bringImage(pull, chosen, names);
  const references = [formatFamiliarReference(reference)];
  report({ phase: 'done', imageId: image.id, references, digest: top.digest, isNew: before?.id !== image.id });
}

/** By tag and by digest; what was asked for by digest gets no tag. */
function listNames({ domain, path, tag, digest }: ImageReference, found: Digest): readonly string[] {
  const byDigest = formatImageReference({ domain, path, digest: found });
  return digest === undefined && tag !== undefined
    ? [formatImageReference({ domain, path, tag }), byDigest]
    : [byDigest];
}

function findImage(parts: ImageParts, name: string | undefined): Image | undefined {
  try {
    return name === undefined ? undefined : parts.images.resolve(name).image;
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return undefined;
    throw error;
  }
}

interface ChosenManifest {
  readonly fetched: FetchedManifest;
  readonly manifest: ImageManifest;
}

/** The manifest itself, or the one of an index for the platform. An index in an index is not searched: Docker does not either. */
async function choosePlatform(pull: Pull, top: FetchedManifest): Promise<ChosenManifest> {
  const manifest = parseManifest(top.bytes, top.contentType);
  if (manifest.kind === 'image') return { fetched: top, manifest };
  const wanted = pull.platform ?? hostPlatform();
  const descriptor = requireManifest(manifest, wanted, pull.platform === undefined);
  const fetched = await pull.source.fetchManifest(descriptor.digest, pull.signal);
  if (fetched.bytes.length !== descriptor.size) {
    throw new EngineError(
      'invalid-argument',
      `manifest verification failed for digest ${descriptor.digest}: wrong size`,
    );
  }
  const chosen = parseManifest(fetched.bytes, fetched.contentType);
  if (chosen.kind === 'index') throw new EngineError('invalid-argument', 'the manifest list has another one inside');
  return { fetched, manifest: chosen };
}

async function bringImage(pull: Pull, chosen: ChosenManifest, names: readonly string[]): Promise<Image> {
  const { parts, source, signal, report } = pull;
  const fetcher = startFetching(parts, source, { signal, report });
  try {
    return await addFetched({ ...pull, fetcher, names }, chosen);
  } catch (error) {
    await fetcher.undo();
    throw error;
  } finally {
    fetcher.close();
  }
}

interface NamedPull extends Pull {
  readonly fetcher: BlobFetcher;
  readonly names: readonly string[];
}

async function addFetched(pull: NamedPull, { fetched, manifest }: ChosenManifest): Promise<Image> {
  const { parts, signal, report, fetcher, names } = pull;
  const configBlob = await fetcher.fetchConfig(manifest.config);
  const parsed = parseImageConfig(configBlob);
  checkPlatform(pull, parsed.platform);
  checkLayerCount(parsed, manifest.layers);
  for (const id of toChainIds(parsed.diffIds)) fetcher.lease.hold(id);
  const known = parts.images.get(toImageId(manifest.config.digest));
  // One that has lost some of its content is brought anew.
  if (known !== undefined && isWhole(parts, known)) {
    for (const { digest } of manifest.layers) report({ phase: 'exists', digest });
    return nameKnownImage(pull, toImageId(manifest.config.digest));
  }
  fetcher.keepManifest(fetched);
  const layers = manifest.layers.map((layer) => fetcher.fetchLayer(layer));
  return await addImage(
    parts,
    {
      config: configBlob,
      layers,
      layerNames: manifest.layers.map(({ digest }: Descriptor) => digest),
      references: names,
      manifest: { digest: fetched.digest, mediaType: manifest.mediaType },
    },
    { action: 'pull', signal, lease: fetcher.lease, onProgress: report },
  );
}

function nameKnownImage({ parts, names }: NamedPull, id: ImageId): Image {
  return parts.database.transaction(() => {
    for (const name of names) parts.images.tag(id, name);
    const { image } = parts.images.resolve(id);
    tellTransfer(parts, 'pull', image, names[0] ?? id);
    return image;
  });
}

/** An image is known by the digest of its config. */
function toImageId(config: Digest): ImageId {
  return config as ImageId;
}

/** A manifest without an index says nothing of its platform: its config does. */
function checkPlatform({ platform, reference }: Pull, actual: Platform): void {
  if (platform === undefined || isPlatform(actual, platform)) return;
  throw new EngineError('not-found', describePlatformMismatch(formatFamiliarReference(reference), platform, actual));
}
