import type { ImageId } from '../../model/ids.js';
import type { Image } from '../../model/image.js';
import { formatImageReference, parseImageReference } from '../../model/image-reference.js';
import { type JsonObject, parseJson, toList, toObject } from '../../model/json-values.js';
import type { StagedBlob } from '../content/content-store.js';
import { readWhole } from '../content/small-content.js';
import type { BegunLayer } from '../layers/begin-layer.js';
import { addImage } from './add-image.js';
import type { ImageParts } from './image-parts.js';

export interface CommitImageOptions {
  readonly base: ImageId;
  /** A plain tar: what is added to the base. Absent: nothing is, only the config changes. */
  readonly layer?: StagedBlob;
  /** The same, made while that was written. */
  readonly begun?: BegunLayer;
  /** Fields of the config object, in Docker's names, that replace the base's. */
  readonly config: JsonObject;
  readonly changes?: readonly string[];
  readonly reference?: string;
  readonly author?: string;
  readonly comment?: string;
  /** What made it, for the history. */
  readonly createdBy: string;
}

/** Makes an image of another one, one more layer and a changed config. Rejects: not-found (base), invalid-argument. */
export async function commitImage(parts: ImageParts, options: CommitImageOptions): Promise<Image> {
  const { stored } = parts.images.resolve(options.base);
  const references =
    options.reference === undefined ? [] : [formatImageReference(parseImageReference(options.reference))];
  const base = toObject(parseJson(await readWhole(parts.content.read(options.base)), 'the image config'));
  const { applyConfigChanges } = await import('./config-changes.js');
  const config = applyConfigChanges({ ...toObject(base['config']), ...options.config }, options.changes ?? []);
  const document = toDocument(base, { ...options, config }, new Date(parts.clock.nowMs()).toISOString());
  return await addImage(
    parts,
    {
      config: Buffer.from(JSON.stringify(document)),
      layers: [
        ...stored.layerBlobs.map((digest) => parts.content.open(digest)),
        ...(options.layer === undefined ? [] : [options.layer]),
      ],
      ...(options.begun && { begun: options.begun }),
      references,
    },
    { action: 'create' },
  );
}

function toDocument(base: JsonObject, options: CommitImageOptions, created: string): JsonObject {
  // What Docker once kept of the container that an image was made in says nothing of this one.
  const { container: _, container_config: __, author: ___, comment: ____, ...rest } = base;
  const author = options.author ? { author: options.author } : {};
  const comment = options.comment ? { comment: options.comment } : {};
  const layers = toList(toObject(base['rootfs'])['diff_ids']);
  const entry = {
    created,
    created_by: options.createdBy,
    ...author,
    ...comment,
    ...(options.layer === undefined ? { empty_layer: true } : {}),
  };
  const history = toList(base['history']);
  return {
    ...rest,
    ...author,
    ...comment,
    created,
    config: options.config,
    rootfs: { type: 'layers', diff_ids: options.layer === undefined ? layers : [...layers, options.layer.digest] },
    // Without a history of its own the base's layers would not be counted in it.
    history: [...(history.length > 0 ? history : layers.map(() => ({ created_by: '' }))), entry],
  };
}
