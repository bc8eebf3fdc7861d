import { EngineError } from '../../model/errors.js';
import type { ImageId } from '../../model/ids.js';
import type { Image } from '../../model/image.js';
import {
  formatFamiliarName,
  formatFamiliarReference,
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../model/image-reference.js';
import type { RemovedImage } from '../engine.js';
import { toChainIds } from '../layers/chain-id.js';
import type { ImageParts } from './image-parts.js';
import { listContent } from './image-store.js';
import { removeUnusedContent, removeUnusedLayers } from './remove-unheld.js';
import { tellImage } from './tell-image.js';

/** A container that has the image. */
export interface ImageUser {
  readonly id: string;
  readonly running: boolean;
}

export type FindImageUsers = (id: ImageId) => readonly ImageUser[];

/**
 * Takes a name from an image and, with the last one, the image. By id, an image with names of several repositories goes
 * only with `force`. Throws not-found, conflict, in Docker's words.
 */
export function removeImage(
  parts: ImageParts,
  ref: string,
  options: { readonly force: boolean; readonly findUsers: FindImageUsers },
): readonly RemovedImage[] {
  const { image, isById } = parts.images.resolve(ref);
  const references = parts.images.references(image.id);
  const users = options.findUsers(image.id);
  const named = isById ? references : withLeftDigests(parseImageReference(ref), references);
  if (named.length < references.length) return named.map((reference) => untag(parts, image, reference));
  if (isById && !options.force && !areOneName(references)) {
    throw conflict(image.id, 'must be forced', 'image is referenced in multiple repositories');
  }
  checkUsers(image, users, { ref, isById, force: options.force });
  if (users.length > 0) {
    // Forced: the containers keep the image, which has no name any more.
    return references.map((reference) => untag(parts, image, reference));
  }
  const deleted = deleteImage(parts, image, options.findUsers);
  // Looked at anew: a container was made of it in this moment, or another process has removed it.
  return deleted ?? removeImage(parts, ref, options);
}

/** With the last tag of a repository go the digests that it is known by there. */
function withLeftDigests({ digest, tag, ...name }: ImageReference, references: readonly string[]): readonly string[] {
  const isSame = (other: ImageReference) => other.domain === name.domain && other.path === name.path;
  const all = references.map(parseImageReference).filter(isSame);
  const isOnly = digest === undefined && all.every((other) => other.tag === undefined || other.tag === tag);
  const gone = isOnly ? all : all.filter((other) => other.tag === tag && other.digest === digest);
  // A tag beside a digest does not count.
  return (gone.length > 0 ? gone : all.filter((other) => other.digest === digest)).map(formatImageReference);
}

/** At most one tag, and the digests of its repository. */
function areOneName(references: readonly string[]): boolean {
  const all = references.map(parseImageReference);
  const names = new Set(all.map(formatFamiliarName));
  return names.size <= 1 && all.filter(({ tag }) => tag !== undefined).length <= 1;
}

/** Deletes images that no container has: without a name, or with `all` every one. */
export function pruneImages(
  parts: ImageParts,
  isWanted: (image: Image) => boolean,
  findUsers: FindImageUsers,
): { readonly removed: readonly string[]; readonly reclaimedBytes: number } {
  const removed: string[] = [];
  const before = sumBytes(parts);
  for (const image of parts.images.list()) {
    if (!isWanted(image) || findUsers(image.id).length > 0) continue;
    for (const row of deleteImage(parts, image, findUsers) ?? [])
      removed.push('deleted' in row ? row.deleted : row.untagged);
  }
  const reclaimedBytes = before - sumBytes(parts);
  parts.publish({ type: 'image', action: 'prune', id: '', attributes: { reclaimed: String(reclaimedBytes) } });
  return { removed, reclaimedBytes };
}

function sumBytes({ layers, content }: ImageParts): number {
  const unpacked = layers.list().reduce((sum, layer) => sum + layer.sizeBytes, 0);
  return content.list().reduce((sum, blob) => sum + blob.sizeBytes, unpacked);
}

function checkUsers(
  image: Image,
  users: readonly ImageUser[],
  { ref, isById, force }: { readonly ref: string; readonly isById: boolean; readonly force: boolean },
): void {
  const running = users.find((user) => user.running);
  if (running !== undefined && (isById || !force)) {
    if (!isById) throw inUseByName(ref, running, image.id);
    throw conflict(image.id, 'cannot be forced', `image is being used by running container ${shorten(running.id)}`);
  }
  const [stopped] = users;
  if (stopped === undefined || force) return;
  if (!isById) throw inUseByName(ref, stopped, image.id);
  throw conflict(image.id, 'must be forced', `image is being used by stopped container ${shorten(stopped.id)}`);
}

function inUseByName(ref: string, user: ImageUser, id: ImageId): EngineError {
  const reference = parseImageReference(ref);
  const name = reference.tag === undefined ? formatFamiliarName(reference) : formatFamiliarReference(reference);
  return new EngineError(
    'conflict',
    `conflict: unable to remove repository reference "${name}" (must force) - container ${shorten(user.id)} is using its referenced image ${shorten(id)}`,
  );
}

function conflict(id: ImageId, how: string, why: string): EngineError {
  return new EngineError('conflict', `conflict: unable to delete ${shorten(id)} (${how}) - ${why}`);
}

function shorten(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

function untag(parts: ImageParts, image: Image, reference: string): RemovedImage {
  const name = formatFamiliarReference(parseImageReference(reference));
  parts.database.transaction(() => {
    parts.images.untag(reference);
    tellImage(parts, 'untag', image, name);
  });
  return { untagged: name };
}

/**
 * The row goes first, and with it all its names; a lease says what is to follow: what a crash leaves on the disk the next sweep
 * finds by that. Undefined where a container has been made of it meanwhile, or somebody else has removed it.
 */
export function deleteImage(
  parts: ImageParts,
  image: Image,
  findUsers: FindImageUsers,
): readonly RemovedImage[] | undefined {
  const lease = parts.leases.open();
  const chainIds = toChainIds(image.layers);
  try {
    const gone = parts.database.transaction(() => {
      const stored = parts.images.get(image.id);
      if (stored === undefined || findUsers(image.id).length > 0) return undefined;
      const content = listContent(stored);
      for (const digest of [...content, ...chainIds]) lease.hold(digest);
      const untagged = parts.images.references(image.id).map((reference) => untag(parts, image, reference));
      parts.images.remove(image.id);
      tellImage(parts, 'delete', image);
      return { content, untagged };
    });
    if (gone === undefined) return undefined;
    const layers = removeUnusedLayers(parts, chainIds, lease).map((chainId) => ({ deleted: chainId }));
    removeUnusedContent(parts, gone.content, lease);
    return [...gone.untagged, { deleted: image.id }, ...layers];
  } finally {
    lease.release();
  }
}
