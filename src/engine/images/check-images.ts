import { EngineError, messageOf } from '../../model/errors.js';
import type { MissingContent, Problem } from '../../model/finding.js';
import type { ChainId, Digest, ImageId } from '../../model/ids.js';
import { formatFamiliarReference, parseImageReference } from '../../model/image-reference.js';
import { parseManifest } from '../../model/manifest.js';
import { readWhole } from '../content/small-content.js';
import { toChainIds } from '../layers/chain-id.js';
import { checkLayers } from '../layers/check-layers.js';
import { readRows } from '../state/check-database.js';
import { checkImageLayers } from './check-image-layers.js';
import type { CheckImagesOptions } from './check-images-options.js';
import { parseImageConfig } from './image-config.js';
import { listUsedContent, parseImageName, parseStoredImage, type StoredImage } from './image-store.js';
import { deleteImage, type ImageUser } from './remove.js';
import { removeUnusedContent } from './remove-unheld.js';

/**
 * Rows that can be read, content and layers that are there and fit together, and nothing that no image needs. Reads anew what
 * was mended before.
 */
export async function* checkImages(options: CheckImagesOptions): AsyncGenerator<Problem> {
  const { database, count } = options;
  const read = () => readRows({ database, table: 'images', parse: parseStoredImage });
  const names = readRows({ database, table: 'image_references', parse: parseImageName });
  const rows = read();
  count('rows', rows.values.length + names.values.length);
  yield* names.problems;
  for (const problem of rows.problems) yield withNamesOf(options, problem);
  for (const stored of rows.values) {
    count('images', 1);
    yield* checkImage(options, stored);
  }
  const left = read();
  yield* checkImageLayers(options, left.values);
  // With a row that cannot be read nobody knows what is unused.
  if (left.problems.length > 0) return;
  yield* checkUnusedBlobs(options);
  yield* checkLayers({ layers: options.layers, isNeeded: (id) => isLayerNeeded(options, id) });
}

/** Its names go with it; what it had is found as unused after. */
function withNamesOf({ database, findUsers }: CheckImagesOptions, problem: Problem): Problem {
  const { finding, mend } = problem;
  if (finding.kind !== 'row-broken' || mend === undefined) return problem;
  return {
    finding,
    mend: () =>
      database.transaction(() => {
        refuseUsed(findUsers(finding.id as ImageId));
        const rows = database.all('SELECT id FROM image_references WHERE image_id = ?', finding.id);
        database.run('DELETE FROM image_references WHERE image_id = ?', finding.id);
        database.run('DELETE FROM images WHERE id = ?', finding.id);
        const names = rows.map((row) => String(row['id']));
        return `removed the image${names.length === 0 ? '' : ` and its names ${names.join(', ')}`}`;
      }),
  };
}

async function* checkImage(options: CheckImagesOptions, stored: StoredImage): AsyncGenerator<Problem> {
  const { image } = stored;
  const names = listNames(options, image.id);
  const missing = findMissing(options, stored);
  // Looked at once more in one transaction: another process may have removed the image meanwhile.
  if (missing.length > 0) {
    if (isStillMissing(options, image.id)) {
      const finding = { kind: 'image-incomplete', imageId: image.id, names, missing } as const;
      yield { finding, mend: () => removeIncomplete(options, stored) };
    }
    return;
  }
  const detail = await findContradiction(options, stored);
  if (detail === undefined || options.images.get(image.id) === undefined) return;
  const finding = { kind: 'image-contradicted', imageId: image.id, names, detail } as const;
  yield { finding, mend: () => removeIncomplete(options, stored) };
}

function findMissing({ hasGood }: CheckImagesOptions, stored: StoredImage): readonly MissingContent[] {
  const all: readonly MissingContent[] = [
    { role: 'config', digest: stored.image.id },
    ...stored.layerBlobs.map((digest) => ({ role: 'layer' as const, digest })),
    ...(stored.manifest === undefined ? [] : [{ role: 'manifest' as const, digest: stored.manifest.digest }]),
  ];
  return all.filter(({ digest }) => !hasGood(digest));
}

function isStillMissing(options: CheckImagesOptions, id: ImageId): boolean {
  return options.database.transaction(() => {
    const stored = options.images.get(id);
    return stored !== undefined && findMissing(options, stored).length > 0;
  });
}

/** What the row says differently from the bytes that its digests name; undefined where nothing. */
async function findContradiction(options: CheckImagesOptions, stored: StoredImage): Promise<string | undefined> {
  const { content } = options;
  try {
    const config = parseImageConfig(await readWhole(content.read(stored.image.id)));
    if (!isSameList(config.diffIds, stored.image.layers)) return 'its config names other layers';
    if (stored.layerBlobs.length !== config.diffIds.length) return 'it has a blob for some of its layers only';
    if (stored.manifest === undefined) return undefined;
    const manifest = parseManifest(await readWhole(content.read(stored.manifest.digest)), stored.manifest.mediaType);
    if (manifest.kind !== 'image' || manifest.config.digest !== stored.image.id)
      return 'its manifest is of another image';
    const digests = manifest.layers.map(({ digest }) => digest);
    return isSameList(digests, stored.layerBlobs) ? undefined : 'its manifest names other blobs';
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return undefined;
    return messageOf(error);
  }
}

function isSameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

/** It cannot be made whole from what is here. Throws conflict where a container has it. */
function removeIncomplete(options: CheckImagesOptions, { image }: StoredImage): string {
  const names = listNames(options, image.id);
  const pull = names[0] === undefined ? '' : `: 'gantry pull ${names[0]}' brings what it lacks`;
  refuseUsed(options.findUsers(image.id), pull);
  const removed = deleteImage(options, { ...image, repoTags: [], repoDigests: [] }, options.findUsers);
  if (removed === undefined) throw new EngineError('conflict', 'the image is in use or gone');
  return `removed the image${names.length === 0 ? '' : ` and its names ${names.join(', ')}`}`;
}

function refuseUsed(users: readonly ImageUser[], advice = ''): void {
  if (users.length === 0) return;
  const containers = users.map(({ id }) => id.slice(0, 12)).join(', ');
  throw new EngineError('conflict', `the image stays, since container ${containers} is made of it${advice}`);
}

function listNames({ images }: CheckImagesOptions, id: ImageId): readonly string[] {
  return images.references(id).map((reference) => formatFamiliarReference(parseImageReference(reference)));
}

/** Each is looked at with the rows and the leases in one transaction: who needs it has said so before. */
function* checkUnusedBlobs(options: CheckImagesOptions): Generator<Problem> {
  const { content } = options;
  const isUnused = (digest: Digest) =>
    options.database.transaction(
      () =>
        content.stat(digest) !== undefined &&
        !listUsedContent(options.images).has(digest) &&
        !options.leases.isHeld(digest),
    );
  const used = listUsedContent(options.images);
  for (const { digest, sizeBytes } of content.list()) {
    if (used.has(digest) || !isUnused(digest)) continue;
    const mend = () => {
      removeUnusedContent(options, [digest]);
      return 'removed it';
    };
    yield { finding: { kind: 'blob-unused', digest, sizeBytes }, mend };
  }
}

function isLayerNeeded(options: CheckImagesOptions, id: ChainId): boolean {
  return options.database.transaction(
    () =>
      options.leases.isHeld(id) ||
      options.isContainerOn(id) ||
      options.images.list().some((image) => toChainIds(image.layers).includes(id)),
  );
}
