import { EngineError } from '../../model/errors.js';
import type { Image, PushProgress } from '../../model/image.js';
import {
  formatFamiliarName,
  formatFamiliarReference,
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../model/image-reference.js';
import { describePlatformMismatch, isPlatform } from '../../model/platform.js';
import type { Lease } from '../content/leases.js';
import type { RegistryOptions } from '../engine.js';
import type { RegistryTarget } from '../registry/client/target.js';
import type { ImageParts } from './image-parts.js';
import type { StoredImage } from './image-store.js';
import { createLimit } from './limit.js';
import { streamProgress } from './progress-stream.js';
import { type PushedBlob, type PushedImage, preparePush } from './push-manifest.js';
import { sendBlob } from './send-blob.js';
import { tellTransfer } from './tell-image.js';

/**
 * Sends an image: the blobs that the registry does not have, then the manifest, then it has the tag. What was pulled goes back
 * byte for byte. Rejects in Docker's words: not-found, unauthorized, permission-denied, unavailable, cancelled.
 */
export function pushImage(parts: ImageParts, ref: string, options: RegistryOptions = {}): AsyncIterable<PushProgress> {
  return streamProgress<PushProgress>(async (report, signal) => {
    const reference = parseImageReference(ref);
    const { image, stored } = findPushed(parts, reference, options);
    const target = await parts.registries.openTarget(reference, options.credentials);
    const lease = parts.leases.open();
    try {
      const push: Push = { parts, reference, image, stored, target, report, signal };
      report({ phase: 'resolving', repository: `${reference.domain}/${reference.path}` });
      const pushed = await preparePush(parts, stored, lease);
      try {
        await pushBlobs(push, pushed);
        await pushManifest({ ...push, lease }, pushed);
      } finally {
        pushed.discard();
      }
    } catch (error) {
      throw signal.aborted ? new EngineError('cancelled', `the push of ${ref} was cancelled`, { cause: error }) : error;
    } finally {
      lease.release();
      await target.close();
    }
  }, options.signal);
}

interface Push {
  readonly parts: ImageParts;
  readonly reference: ImageReference;
  readonly image: Image;
  readonly stored: StoredImage;
  readonly target: RegistryTarget;
  readonly report: (progress: PushProgress) => void;
  readonly signal: AbortSignal;
}

function findPushed({ images }: ImageParts, reference: ImageReference, { platform }: RegistryOptions) {
  if (reference.digest !== undefined) throw new EngineError('invalid-argument', 'cannot push a digest reference');
  const name = formatFamiliarName(reference);
  const tags = images.list().flatMap(({ repoTags }) => repoTags);
  if (!tags.some((tag) => formatFamiliarName(parseImageReference(tag)) === name)) {
    throw new EngineError('not-found', `An image does not exist locally with the tag: ${name}`);
  }
  const tag = formatFamiliarReference(reference);
  if (!tags.includes(tag)) throw new EngineError('not-found', `tag does not exist: ${tag}`);
  const found = images.resolve(formatImageReference(reference));
  if (platform !== undefined && !isPlatform(found.image.platform, platform)) {
    throw new EngineError('not-found', describePlatformMismatch(tag, platform, found.image.platform));
  }
  return found;
}

/** A few at a time. The first failure calls the others off. */
async function pushBlobs(push: Push, { blobs }: PushedImage): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([push.signal, stop.signal]);
  const limit = createLimit(push.parts.registries.settings.maxUploads);
  for (const { diffId } of blobs) if (diffId !== undefined) push.report({ phase: 'preparing', digest: diffId });
  const all = blobs.map((blob) => limit(() => pushBlob({ ...push, signal }, blob)));
  try {
    await Promise.all(all);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(all);
    throw error;
  }
}

async function pushBlob({ parts, reference, target, report, signal }: Push, blob: PushedBlob): Promise<void> {
  const { digest, size, diffId, open } = blob;
  const findOther = () => findOtherRepository(parts, reference, blob);
  await sendBlob(target, { digest, size, ...(diffId && { name: diffId }), findOther, open }, { signal, report });
}

/** A repository of the same registry that has this blob, as far as is known here. */
function findOtherRepository({ images }: ImageParts, to: ImageReference, blob: PushedBlob): string | undefined {
  for (const image of images.list()) {
    // It may be compressed otherwise there: then the registry begins an upload, and nothing is lost.
    if (blob.diffId === undefined ? image.id !== blob.digest : !image.layers.includes(blob.diffId)) continue;
    const known = image.repoDigests.map(parseImageReference);
    const other = known.find(({ domain, path }) => domain === to.domain && path !== to.path);
    if (other !== undefined) return other.path;
  }
  return undefined;
}

async function pushManifest(push: Push & { readonly lease: Lease }, pushed: PushedImage): Promise<void> {
  const { parts, reference, image, target, lease, report, signal } = push;
  const { bytes, digest, mediaType } = pushed.manifest;
  const tag = reference.tag ?? 'latest';
  await target.putManifest({ reference: tag, bytes, digest, mediaType }, signal);
  lease.hold(digest);
  keepBytes(parts, bytes);
  const { domain, path } = reference;
  parts.database.transaction(() => {
    // The image may have gone meanwhile; then nothing is to be remembered.
    if (parts.images.get(image.id) === undefined) return;
    parts.images.setManifest(image.id, { digest, mediaType });
    parts.images.tag(image.id, formatImageReference({ domain, path, digest }));
    tellTransfer(parts, 'push', image, formatImageReference(reference));
  });
  report({ phase: 'done', tag, digest, sizeBytes: bytes.length });
}

function keepBytes({ content }: ImageParts, bytes: Buffer): void {
  const blob = content.put(bytes);
  if (content.stat(blob.digest) === undefined) blob.keep();
  else blob.discard();
}
