import { createHash } from 'node:crypto';
import type { Descriptor } from '../../model/descriptor.js';
import { EngineError } from '../../model/errors.js';
import type { Digest } from '../../model/ids.js';
import type { PushProgress } from '../../model/image.js';
import { type ImageReference, parseImageReference } from '../../model/image-reference.js';
import { type Manifest, parseManifest } from '../../model/manifest.js';
import { isNonDistributable } from '../../model/media-types.js';
import { formatPlatform } from '../../model/platform.js';
import type { CopyOptions } from '../engine.js';
import { toReferrersTag } from '../registry/client/list-referrers.js';
import { pushReferrer } from '../registry/client/push-referrer.js';
import type { RegistrySource } from '../registry/client/registry-client.js';
import { type FetchedManifest, findManifest } from '../registry/client/repository.js';
import type { RegistryTarget } from '../registry/client/target.js';
import type { ImageParts } from './image-parts.js';
import { createLimit } from './limit.js';
import { requireManifest } from './platform.js';
import { streamProgress } from './progress-stream.js';
import { sendBlob } from './send-blob.js';

/** What a manifest can be told with that is older than referrers: tags that begin with its digest. */
const TAG_SUFFIXES = ['.sig', '.att', '.sbom'];
/** A signature of an attestation of an image is three deep. */
const DEPTH_MAX = 8;

/**
 * Copies what one reference means in its registry to another one, byte for byte and without a trace here: all platforms of an index,
 * with attestations, signatures and whatever else names them as its subject. Rejects: not-found, unauthorized, permission-denied,
 * invalid-argument (what came is not what it should be), unavailable, cancelled.
 */
export function copyImage(
  parts: Pick<ImageParts, 'registries'>,
  from: string,
  to: string,
  options: CopyOptions = {},
): AsyncIterable<PushProgress> {
  return streamProgress<PushProgress>(async (report, signal) => {
    const [source, target] = [parseImageReference(from), parseImageReference(to)];
    if (target.digest !== undefined) throw new EngineError('invalid-argument', 'cannot copy to a digest reference');
    const copy = await startCopy(parts, { source, target, options, report, signal });
    try {
      const top = await copy.source.fetchManifest(source.digest ?? source.tag ?? 'latest', signal);
      report({ phase: 'resolving', repository: `${target.domain}/${target.path}` });
      const tag = target.tag ?? 'latest';
      await copyManifest(copy, { fetched: await choosePlatform(copy, top, options), as: { tag }, depth: 0 });
    } catch (error) {
      throw signal.aborted
        ? new EngineError('cancelled', `the copy of ${from} was cancelled`, { cause: error })
        : error;
    } finally {
      await Promise.all([copy.source.close(), copy.target.close()]);
    }
  }, options.signal);
}

interface CopyJob {
  readonly source: ImageReference;
  readonly target: ImageReference;
  readonly options: CopyOptions;
  readonly report: (progress: PushProgress) => void;
  readonly signal: AbortSignal;
}

interface Copy {
  readonly source: RegistrySource;
  readonly target: RegistryTarget;
  /** Of the source, where both are repositories of one registry. */
  readonly mountsFrom?: string;
  readonly withReferrers: boolean;
  readonly limit: <T>(work: () => Promise<T>) => Promise<T>;
  /** Under their digests. */
  readonly manifests: Set<Digest>;
  readonly blobs: Map<Digest, Promise<void>>;
  readonly report: (progress: PushProgress) => void;
  readonly signal: AbortSignal;
}

async function startCopy({ registries }: Pick<ImageParts, 'registries'>, job: CopyJob): Promise<Copy> {
  const { source, target, options, report, signal } = job;
  return {
    source: await registries.openSource(source),
    target: await registries.openTarget(target),
    ...(source.domain === target.domain && source.path !== target.path && { mountsFrom: source.path }),
    withReferrers: options.withoutReferrers !== true,
    limit: createLimit(registries.settings.maxUploads),
    manifests: new Set(),
    blobs: new Map(),
    report,
    signal,
  };
}

/** The manifest of one platform, where one is asked for. */
async function choosePlatform(copy: Copy, top: FetchedManifest, { platform }: CopyOptions): Promise<FetchedManifest> {
  const manifest = parseManifest(top.bytes, top.contentType);
  if (platform === undefined || manifest.kind === 'image') return top;
  return await copy.source.fetchManifest(requireManifest(manifest, platform).digest, copy.signal);
}

interface CopiedManifest {
  readonly fetched: FetchedManifest;
  /** What it becomes there: a tag, or what a digest alone is known by. */
  readonly as: { readonly tag: string } | { readonly kind: string };
  readonly depth: number;
}

/** What it names first, then itself, then what names it. */
async function copyManifest(copy: Copy, { fetched, as, depth }: CopiedManifest): Promise<void> {
  const { bytes, digest, contentType } = fetched;
  const isKnown = copy.manifests.has(digest);
  if (isKnown && !('tag' in as)) return;
  copy.manifests.add(digest);
  if (depth > DEPTH_MAX) throw new EngineError('invalid-argument', `${digest} is nested too deeply`);
  const manifest = parseManifest(bytes, contentType);
  if (!isKnown) await copyContent(copy, manifest, depth);
  if ('tag' in as) {
    await copy.target.putManifest({ reference: as.tag, bytes, digest, mediaType: manifest.mediaType }, copy.signal);
  }
  if (!('tag' in as) || manifest.subject !== undefined) await pushReferrer(copy.target, bytes, copy.signal);
  const tag = 'tag' in as ? as.tag : as.kind;
  copy.report({ phase: 'done', tag, digest, sizeBytes: bytes.length });
  if (copy.withReferrers && !isKnown) await copyReferrers(copy, digest, depth + 1);
}

async function copyContent(copy: Copy, manifest: Manifest, depth: number): Promise<void> {
  if (manifest.kind === 'image') {
    await copyBlobs(copy, [...manifest.layers, manifest.config]);
    return;
  }
  for (const child of manifest.manifests) {
    const fetched = await copy.source.fetchManifest(child.digest, copy.signal);
    const kind = child.platform === undefined ? 'manifest' : formatPlatform(child.platform);
    await copyManifest(copy, { fetched, as: { kind }, depth: depth + 1 });
  }
}

async function copyReferrers(copy: Copy, digest: Digest, depth: number): Promise<void> {
  for (const referrer of await copy.source.listReferrers(digest, copy.signal)) {
    // The tag that stands for a list may name what has been deleted since.
    const fetched = await findManifest(copy.source, referrer.digest, copy.signal);
    if (fetched === undefined) continue;
    await copyManifest(copy, { fetched, as: { kind: referrer.artifactType ?? 'referrer' }, depth });
  }
  for (const suffix of TAG_SUFFIXES) {
    const tag = `${toReferrersTag(digest)}${suffix}`;
    const fetched = await findManifest(copy.source, tag, copy.signal);
    if (fetched !== undefined) await copyManifest(copy, { fetched, as: { tag }, depth });
  }
}

/** A few at a time; the first failure ends it when those that run have ended. */
async function copyBlobs(copy: Copy, descriptors: readonly Descriptor[]): Promise<void> {
  const all = descriptors
    .filter(({ mediaType }) => !isNonDistributable(mediaType))
    .map((descriptor) => {
      const known = copy.blobs.get(descriptor.digest);
      if (known !== undefined) return known;
      copy.report({ phase: 'preparing', digest: descriptor.digest });
      const copied = copy.limit(() => copyBlob(copy, descriptor));
      copy.blobs.set(descriptor.digest, copied);
      return copied;
    });
  await Promise.allSettled(all);
  await Promise.all(all);
}

async function copyBlob(copy: Copy, { digest, size }: Descriptor): Promise<void> {
  const read = async function* () {
    const blob = await copy.source.openBlob(digest, 0, copy.signal);
    yield* verify(blob.read(), { digest, size });
  };
  const open = async () => await Promise.resolve({ read, discard: () => undefined });
  await sendBlob(copy.target, { digest, size, name: digest, findOther: () => copy.mountsFrom, open }, copy);
}

/** Fails before its end where the bytes are others: then the upload is called off. */
async function* verify(bytes: AsyncIterable<Buffer>, { digest, size }: Pick<Descriptor, 'digest' | 'size'>) {
  const hash = createHash('sha256');
  let length = 0;
  for await (const part of bytes) {
    length += part.length;
    if (length < size) {
      hash.update(part);
      yield part;
      continue;
    }
    const isWhole = length === size && `sha256:${hash.update(part).digest('hex')}` === digest;
    if (!isWhole)
      throw new EngineError('invalid-argument', `filesystem layer verification failed for digest ${digest}`);
    yield part;
  }
  if (length < size) throw new EngineError('unavailable', `the registry sent ${length} of ${size} bytes of ${digest}`);
}
