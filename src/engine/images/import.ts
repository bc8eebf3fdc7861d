import { createHash } from 'node:crypto';
import { EngineError } from '../../model/errors.js';
import type { DiffId } from '../../model/ids.js';
import type { EmbeddedImageName, Image } from '../../model/image.js';
import { formatImageReference, parseImageReference } from '../../model/image-reference.js';
import type { JsonObject } from '../../model/json-values.js';
import type { StagedBlob } from '../content/content-store.js';
import { decompress, sniffCompression } from '../content/decompress.js';
import type { ImportOptions } from '../engine.js';
import { addImage } from './add-image.js';
import type { ImageParts } from './image-parts.js';
import { hostArchitecture } from './platform.js';

/** What an image of one layer is made of besides the layer. */
export interface SingleLayerOptions extends ImportOptions {
  readonly config?: JsonObject;
  readonly embedded?: EmbeddedImageName;
  readonly createdBy?: string;
  /** Default: now. */
  readonly createdAtMs?: number;
}

/** A root file system tar, plain or compressed, becomes an image of one layer. */
export async function importImage(
  parts: ImageParts,
  tar: AsyncIterable<Uint8Array>,
  options: SingleLayerOptions = {},
): Promise<Image> {
  const references = options.reference === undefined ? [] : [parseImportReference(options.reference)];
  const { applyConfigChanges } = await import('./config-changes.js');
  const config = applyConfigChanges(options.config ?? {}, options.changes ?? []);
  const writer = parts.content.stage();
  let blob: StagedBlob | undefined;
  try {
    for await (const bytes of tar) {
      if (options.signal?.aborted === true) throw new EngineError('cancelled', 'the import was cancelled');
      writer.write(bytes);
    }
    blob = await writer.finish();
    const diffId = await readDiffId(blob);
    const document = toImageConfig(config, diffId, {
      ...options,
      createdAtMs: options.createdAtMs ?? parts.clock.nowMs(),
    });
    return await addImage(
      parts,
      {
        config: Buffer.from(JSON.stringify(document)),
        layers: [blob],
        references,
        ...(options.embedded === undefined ? {} : { embedded: options.embedded }),
      },
      { action: 'import', ...(options.signal === undefined ? {} : { signal: options.signal }) },
    );
  } finally {
    writer.discard();
    blob?.discard();
  }
}

function parseImportReference(text: string): string {
  const reference = parseImageReference(text);
  if (reference.digest !== undefined) {
    throw new EngineError('invalid-argument', 'cannot import digest reference');
  }
  return formatImageReference(reference);
}

/** The digest of the plain tar, which the config must name before the layer can be applied. */
async function readDiffId(blob: StagedBlob): Promise<DiffId> {
  const first = blob.read();
  const { value, done } = await first.next();
  await first.return(undefined);
  if (done !== true && sniffCompression(value) === 'none') return blob.digest as DiffId;
  const hash = createHash('sha256');
  for await (const bytes of decompress(blob.read({ reuse: true }))) hash.update(bytes);
  return `sha256:${hash.digest('hex')}` as DiffId;
}

function toImageConfig(config: JsonObject, diffId: DiffId, options: SingleLayerOptions): JsonObject {
  const created = new Date(options.createdAtMs ?? 0).toISOString();
  const comment = options.message ?? '';
  return {
    created,
    architecture: options.platform?.architecture ?? hostArchitecture(),
    os: options.platform?.os ?? 'linux',
    ...(options.platform?.variant === undefined ? {} : { variant: options.platform.variant }),
    ...(comment === '' ? {} : { comment }),
    config,
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, created_by: options.createdBy ?? '', ...(comment === '' ? {} : { comment }) }],
  };
}
