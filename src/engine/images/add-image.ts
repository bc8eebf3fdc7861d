import { EngineError } from '../../model/errors.js';
import type { ChainId, Digest, ImageId } from '../../model/ids.js';
import type { EmbeddedImageName, Image, PullProgress } from '../../model/image.js';
import { formatFamiliarReference, parseImageReference } from '../../model/image-reference.js';
import type { StagedBlob } from '../content/content-store.js';
import { digestOf } from '../content/digest.js';
import type { Lease } from '../content/leases.js';
import type { BegunLayer } from '../layers/begin-layer.js';
import { toChainIds } from '../layers/chain-id.js';
import { applyLayers } from './apply-layers.js';
import { checkLayerCount, type ParsedImageConfig, parseImageConfig } from './image-config.js';
import type { ImageParts } from './image-parts.js';
import { listContent, type StoredImage, type StoredManifest } from './image-store.js';
import { isWhole } from './is-whole.js';
import { removeUnusedContent, removeUnusedLayers } from './remove-unheld.js';
import type { ArchivedBlob } from './staged-archive.js';
import { tellImage, tellTransfer } from './tell-image.js';

export interface NewImage {
  /** The bytes of the image config: their digest is the image's id. */
  readonly config: Buffer;
  /** A tar for each layer, plain or compressed, lowest first; each is applied as soon as it and those below are there. */
  readonly layers: readonly (ArchivedBlob | Promise<ArchivedBlob>)[];
  /** The topmost of them where it is finished already, and only has to take its place. */
  readonly begun?: BegunLayer;
  /** What the progress names the layers by; their DiffIDs when absent. */
  readonly layerNames?: readonly Digest[];
  readonly manifest?: StoredManifest;
  /** Complete references. */
  readonly references: readonly string[];
  readonly embedded?: EmbeddedImageName;
}

export interface AddImageOptions {
  readonly action: 'load' | 'import' | 'create' | 'pull';
  /** What the caller holds already; it releases it itself. */
  readonly lease?: Lease;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
}

/**
 * Makes an image of a config and its layers: applies what is not there, checks each layer's DiffID, keeps the blobs, then
 * writes the row. Rejects: invalid-argument, cancelled, unavailable; then no layer and no blob of it is left.
 */
export async function addImage(parts: ImageParts, image: NewImage, options: AddImageOptions): Promise<Image> {
  const parsed = parseImageConfig(image.config);
  checkLayerCount(parsed, image.layers);
  const lease = options.lease ?? parts.leases.open();
  const undo = startUndo(parts, lease);
  try {
    for (const id of toChainIds(parsed.diffIds)) undo.hold(id);
    // The disk writes while the layers are made.
    const flushed = Promise.all(image.layers.map(async (blob) => (await blob).flush()));
    flushed.catch(() => undefined);
    const layers = await applyLayers(parts, {
      diffIds: parsed.diffIds,
      blobs: image.layers,
      ...(image.begun && { begun: image.begun }),
      ...(image.layerNames && { names: image.layerNames }),
      ...(options.signal && { signal: options.signal }),
      ...(options.onProgress && { onProgress: options.onProgress }),
      onNew: undo.layer,
    });
    const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
    if (options.signal?.aborted === true) throw new EngineError('cancelled', 'the image is not wanted any more');
    await flushed;
    const blobs = await Promise.all(image.layers.map(async (blob) => undo.keep(await blob)));
    undo.keepConfig(image.config);
    const { added, replaced } = commitImage(parts, image, { parsed, sizeBytes, blobs, lease, action: options.action });
    // An image that was there has its blobs already, plain or compressed: one form of them is enough.
    removeUnusedContent(parts, [...blobs, ...replaced], lease);
    return added;
  } catch (error) {
    undo.run();
    throw error;
  } finally {
    if (options.lease === undefined) lease.release();
  }
}

interface CommitJob {
  readonly parsed: ParsedImageConfig;
  readonly sizeBytes: number;
  readonly blobs: readonly Digest[];
  readonly lease: Lease;
  readonly action: AddImageOptions['action'];
}

function commitImage(
  parts: ImageParts,
  image: NewImage,
  job: CommitJob,
): { readonly added: Image; readonly replaced: readonly Digest[] } {
  const stored = toStoredImage(parts, image, job);
  return parts.database.transaction(() => {
    const before = parts.images.get(stored.image.id);
    // What came from an archive before and is now made by the engine itself has become its own; and what has lost a part is mended.
    const isReplaced = before !== undefined && (image.embedded !== undefined || !isWhole(parts, before));
    const replaced = isReplaced ? listContent(before) : [];
    for (const digest of replaced) job.lease.hold(digest);
    const added = parts.images.add(stored, image.references, isReplaced);
    tellAdded(parts, added, image.references, job.action);
    return { added, replaced };
  });
}

function toStoredImage({ clock }: ImageParts, image: NewImage, { parsed, sizeBytes, blobs }: CommitJob): StoredImage {
  const { createdAtMs, platform, diffIds, config, author, comment } = parsed;
  return {
    image: {
      id: digestOf(image.config) as ImageId,
      // The config of an embedded image has no time, so that its id stays the same.
      createdAtMs: image.embedded === undefined ? createdAtMs : clock.nowMs(),
      sizeBytes,
      platform,
      layers: diffIds,
      config,
      ...(author === undefined ? {} : { author }),
      ...(comment === undefined ? {} : { comment }),
      ...(image.embedded === undefined ? {} : { embedded: image.embedded }),
    },
    layerBlobs: blobs,
    ...(image.manifest === undefined ? {} : { manifest: image.manifest }),
  };
}

function tellAdded(
  parts: ImageParts,
  added: Image,
  references: readonly string[],
  action: AddImageOptions['action'],
): void {
  if (action === 'pull') {
    tellTransfer(parts, action, added, references[0] ?? added.id);
    return;
  }
  const names = references.map((reference) => formatFamiliarReference(parseImageReference(reference)));
  // A name that an archive brings is part of it; one that the user gives is a tag.
  if (action !== 'load') for (const name of names) tellImage(parts, 'tag', added, name);
  tellImage(parts, action, added, names[0]);
}

interface Undo {
  hold(digest: Digest): void;
  layer(id: ChainId): void;
  keep(blob: StagedBlob): Digest;
  keepConfig(config: Buffer): void;
  run(): void;
}

/** What was there before stays: another image may have it. So does what another operation needs meanwhile. */
function startUndo(parts: ImageParts, lease: Lease): Undo {
  const { content } = parts;
  const steps: (() => unknown)[] = [];
  const keep = (blob: StagedBlob): Digest => {
    lease.hold(blob.digest);
    if (content.stat(blob.digest) === undefined) {
      blob.keep();
      steps.push(() => removeUnusedContent(parts, [blob.digest], lease));
    }
    return blob.digest;
  };
  return {
    hold: lease.hold,
    keep,
    layer: (id) => void steps.push(() => removeUnusedLayers(parts, [id], lease)),
    keepConfig(config) {
      const blob = content.put(config);
      keep(blob);
      blob.discard();
    },
    run() {
      for (const step of steps.reverse()) step();
    },
  };
}
