import { createHash } from 'node:crypto';
import { EngineError } from '../../model/errors.js';
import type { ChainId, Digest, ImageId } from '../../model/ids.js';
import type { EmbeddedImageName, Image, PullProgress } from '../../model/image.js';
import { formatFamiliarReference, parseImageReference } from '../../model/image-reference.js';
import type { StagedBlob } from '../content/content-store.js';
import { toChainId } from '../layers/chain-id.js';
import { type ParsedImageConfig, parseImageConfig } from './image-config.js';
import type { ImageParts } from './image-parts.js';
import { tellImage } from './tell-image.js';

export interface NewImage {
  /** The bytes of the image config: their digest is the image's id. */
  readonly config: Buffer;
  /** A tar for each layer, plain or compressed, lowest first. */
  readonly layers: readonly StagedBlob[];
  /** Complete references. */
  readonly references: readonly string[];
  readonly embedded?: EmbeddedImageName;
}

export interface AddImageOptions {
  readonly action: 'load' | 'import' | 'create';
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
}

/**
 * Makes an image of a config and its layers: applies what is not there, checks each layer's DiffID, keeps the blobs, then
 * writes the row. Rejects: invalid-argument, cancelled, unavailable; then no layer and no blob of it is left.
 */
export async function addImage(parts: ImageParts, image: NewImage, options: AddImageOptions): Promise<Image> {
  const parsed = parseImageConfig(image.config);
  if (parsed.diffIds.length !== image.layers.length) {
    throw new EngineError(
      'invalid-argument',
      `the image has ${image.layers.length} layers and its config names ${parsed.diffIds.length}`,
    );
  }
  const undo = startUndo(parts);
  try {
    const { sizeBytes } = await applyLayers(parts, { image, parsed, undo, options });
    const blobs = image.layers.map((blob) => undo.keep(blob));
    undo.keepConfig(image.config);
    return commitImage(parts, image, { parsed, sizeBytes, blobs, action: options.action });
  } catch (error) {
    await undo.run();
    throw error;
  }
}

interface ApplyJob {
  readonly image: NewImage;
  readonly parsed: ParsedImageConfig;
  readonly undo: Undo;
  readonly options: AddImageOptions;
}

async function applyLayers(parts: ImageParts, job: ApplyJob): Promise<{ sizeBytes: number }> {
  const { image, parsed, undo, options } = job;
  let parent: ChainId | undefined;
  let sizeBytes = 0;
  for (const [index, diffId] of parsed.diffIds.entries()) {
    const blob = image.layers[index];
    if (blob === undefined) break;
    const chainId = toChainId(parent, diffId);
    const isThere = parts.layers.find(chainId) !== undefined;
    if (isThere) options.onProgress?.({ phase: 'exists', digest: diffId });
    const layer = await parts.layers.apply(blob.read(), {
      ...(parent === undefined ? {} : { parent }),
      expected: diffId,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onProgress: (doneBytes) => options.onProgress?.({ phase: 'extracting', digest: diffId, doneBytes }),
    });
    if (!isThere) {
      undo.layer(layer.chainId);
      options.onProgress?.({ phase: 'complete', digest: diffId });
    }
    sizeBytes += layer.sizeBytes;
    parent = chainId;
  }
  return { sizeBytes };
}

interface CommitJob {
  readonly parsed: ParsedImageConfig;
  readonly sizeBytes: number;
  readonly blobs: readonly Digest[];
  readonly action: 'load' | 'import' | 'create';
}

function commitImage(parts: ImageParts, image: NewImage, job: CommitJob): Image {
  const { parsed, sizeBytes, blobs, action } = job;
  const id = digestOf(image.config);
  const { createdAtMs, platform, diffIds, config, author, comment } = parsed;
  return parts.database.transaction(() => {
    const added = parts.images.add(
      {
        image: {
          id,
          repoDigests: [],
          // The config of an embedded image has no time, so that its id stays the same.
          createdAtMs: image.embedded === undefined ? createdAtMs : parts.clock.nowMs(),
          sizeBytes,
          platform,
          layers: diffIds,
          config,
          ...(author === undefined ? {} : { author }),
          ...(comment === undefined ? {} : { comment }),
          ...(image.embedded === undefined ? {} : { embedded: image.embedded }),
        },
        layerBlobs: blobs,
      },
      image.references,
    );
    const names = image.references.map((reference) => formatFamiliarReference(parseImageReference(reference)));
    // A name that an archive brings is part of it; one that the user gives is a tag.
    if (action !== 'load') for (const name of names) tellImage(parts, 'tag', added, name);
    tellImage(parts, action, added, names[0]);
    return added;
  });
}

export function digestOf(bytes: Uint8Array): ImageId {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as ImageId;
}

interface Undo {
  layer(id: ChainId): void;
  keep(blob: StagedBlob): Digest;
  keepConfig(config: Buffer): void;
  run(): Promise<void>;
}

/** What was there before stays: another image may have it. */
function startUndo({ content, layers }: ImageParts): Undo {
  const steps: (() => Promise<void> | void)[] = [];
  const keep = (blob: StagedBlob): Digest => {
    if (content.stat(blob.digest) === undefined) {
      blob.keep();
      steps.push(() => content.remove(blob.digest));
    }
    return blob.digest;
  };
  return {
    keep,
    layer: (id) => void steps.push(() => layers.remove(id).catch(ignoreInUse)),
    keepConfig(config) {
      const writer = content.stage();
      writer.write(config);
      const blob = writer.finish();
      keep(blob);
      blob.discard();
    },
    async run() {
      for (const step of steps.reverse()) await step();
    },
  };
}

/** Another process has put something on top of it meanwhile: then it is that one's. */
function ignoreInUse(error: unknown): void {
  if (!(error instanceof EngineError) || (error.kind !== 'conflict' && error.kind !== 'not-found')) throw error;
}
