import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { ChainId, DiffId, Digest } from '../../model/ids.js';
import type { Layer } from '../../model/layer.js';
import { createFileDigests, type FileDigests } from '../../platform/file-digest/file-digests.js';
import type { Logger } from '../../platform/logger.js';
import type { ProcessSpawner } from '../../platform/process-spawner.js';
import { isAlive, openStaging, type Staging } from '../../platform/staging.js';
import { readCompression } from '../content/decompress.js';
import { type BeginLayerOptions, type BegunLayer, beginLayer } from './begin-layer.js';
import { toChainId } from './chain-id.js';
import { overlayDriver } from './drivers/overlay-driver.js';
import { driverRoot, type StorageDriver } from './drivers/storage-driver.js';
import { createLayerIndexes, INDEX_FILE, type LayerIndexes } from './file-index/layer-indexes.js';
import { type LayerFolders, openLayerFolders } from './layer-folders.js';
import { type LayerRecord, writeLayerRecord } from './layer-record.js';
import { toLayerSpec } from './layer-roots.js';
import type { RemovalQueue } from './removal-queue.js';
import { createRemovals } from './removals.js';
import { removePath } from './remove-role.js';
import type { RootSpec } from './root-spec.js';
import { openWritableLayers, type WritableLayers } from './writable-layers.js';

/**
 * Unpacked layers by ChainID: `layers/HEX`, with `layer.json` and `index`, which says what is in it, beside what the storage
 * driver makes. A layer is there when its folder is, which a rename makes; nothing else has to agree with it.
 */
export interface LayerStore {
  /** True where each layer's folder has what that layer alone brings. */
  readonly isStacked: boolean;
  /** True where a layer is its tar and little beside. */
  readonly keepsTars: boolean;
  list(): readonly Layer[];
  /** Undefined where there is none. */
  find(id: ChainId): Layer | undefined;
  /** The layer and all below it, lowest first. Rejects: not-found. */
  stack(id: ChainId): readonly Layer[];
  /** True where something new can be made on it. */
  has(id: ChainId): boolean;
  /** The root that the layer is with all below it, top first, as overlay takes it; without a layer an empty folder. */
  lowers(id: ChainId | undefined): readonly string[];
  /** The same to be read from, whichever driver has it. Rejects: not-found. */
  rootOf(id: ChainId): RootSpec;
  /**
   * Unpacks a tar, plain or compressed, on top of `parent`, and checks its DiffID. A layer that is there already is read
   * for its DiffID alone. Rejects: invalid-argument; then nothing is left.
   */
  apply(source: AsyncIterable<Uint8Array>, options?: ApplyLayerOptions): Promise<Layer>;
  /**
   * Begins a layer while its tar is being written. Undefined with drivers whose layers begin as copies of what is below: there it is
   * applied when the tar is whole, if it comes to that. Rejects with EngineError; then nothing is left.
   */
  begin(options: BeginLayerOptions): Promise<BegunLayer | undefined>;
  /** Its files are deleted beside. Throws not-found, conflict (a layer or a container stands on it). */
  remove(id: ChainId): void;
  /** What processes had begun that have died while they made or removed a layer: paths. */
  abandoned(): readonly string[];
  /**
   * Deletes what dead processes left: what they had begun, and layers that are neither among `kept` nor below one of them. The
   * process that made one of `left` may live: it needs it no more.
   */
  sweep(kept: readonly ChainId[], left?: ReadonlySet<ChainId>): void;
  /** Takes away what is at a path in the store, whatever stands on it, and has it deleted beside. */
  withdraw(path: string): void;
  /** Resolves when the files of all that was removed are deleted. */
  close(): Promise<void>;
  readonly writable: WritableLayers;
  readonly indexes: LayerIndexes;
  /** One for each driver; the first makes what is new. */
  readonly places: readonly LayerPlace[];
}

/** What one driver has in a state root. */
export interface LayerPlace {
  /** The folder that has `layers` and `writable`. */
  readonly root: string;
  readonly driver: StorageDriver;
  readonly store: LayerStore;
}

export interface ApplyLayerOptions {
  readonly parent?: ChainId;
  /** Resolves when the parent is there, where that is still being made; its rejection is passed on. */
  readonly below?: Promise<unknown>;
  readonly expected?: DiffId;
  /** The file that the source reads, and the digest that its bytes had if they were written to it just now. */
  readonly file?: { readonly path: string; readonly digest?: Digest };
  /** Puts it in the place of the one that is there, which is damaged. */
  readonly replace?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number) => void;
}

export interface LayerStoreOptions {
  /** The state root. */
  readonly root: string;
  /** Path of gantry-init. */
  readonly program: string;
  /** Starts its short roles. */
  readonly spawner: ProcessSpawner;
  /** Told of what cannot be deleted. */
  readonly logger: Logger;
  /** Default: of its own. */
  readonly digests?: FileDigests;
  /** Default: the kernel's overlay. */
  readonly driver?: StorageDriver;
  /** Stores of one state root share it, as they do the staging folder, and so does its content. */
  readonly removals?: RemovalQueue;
}

/** Opens or makes the store of one driver. What the kernel's overlay has stands in the state root itself, as it always has. */
export function openLayerStore(options: LayerStoreOptions): LayerStore {
  const { program, spawner, logger, driver = overlayDriver, digests = createFileDigests() } = options;
  const root = driverRoot(options.root, driver.name);
  const folders = openLayerFolders(root, driver);
  const staging = openStaging(join(options.root, 'staging'));
  const removals = options.removals ?? createRemovals(spawner, logger);
  const writable = openWritableLayers({ root, driver, folders, staging, removals });
  const withdraw = (path: string) => removals.add([staging.withdraw(path)]);
  const books: Books = { digests, driver, folders, staging, writable, removals };
  const places: LayerPlace[] = [];
  const store: LayerStore = {
    isStacked: driver.isStacked,
    keepsTars: driver.keepsTars === true,
    list: () => folders.records().map(({ layer }) => layer),
    find: folders.find,
    has: (id) => folders.find(id) !== undefined,
    stack: folders.stack,
    lowers: folders.lowers,
    rootOf: (id) => toRoot(folders.lowers(id), driver),
    remove: (id) => removeLayer(books, id),
    writable,
    indexes: createLayerIndexes({ driver, folders, staging, program }),
    async apply(source, applyOptions = {}) {
      const { parent, expected, replace = false } = applyOptions;
      const known = expected === undefined || replace ? undefined : folders.find(toChainId(parent, expected));
      if (known !== undefined) return known;
      const place = staging.path();
      let isParentMade = applyOptions.below === undefined;
      const waitForParent = async () => {
        await applyOptions.below;
        isParentMade = true;
      };
      try {
        return await unpackLayer(books, source, { ...applyOptions, program, place, waitForParent });
      } catch (error) {
        // It may have gone while its files were read.
        const isGone = isParentMade && parent !== undefined && folders.find(parent) === undefined;
        throw isGone ? parentGone(parent) : error;
      } finally {
        // Gone already when it became the layer.
        if (existsSync(place)) await removePath(spawner, place);
      }
    },
    begin(beginning) {
      const place = staging.path();
      const commit = (layer: Layer) => commitLayer(books, place, { layer, replace: false });
      return beginLayer({ ...beginning, program, spawner, driver, place, folderOf: folders.folderOf, commit });
    },
    abandoned: staging.abandoned,
    sweep: (kept, left = new Set()) => sweepLayers(books, kept, left),
    withdraw,
    close: removals.drain,
    places,
  };
  places.push({ root, driver, store });
  return store;
}

/** Overlay wants two folders. */
function toRoot(lowers: readonly string[], { fuseProgram }: StorageDriver): RootSpec {
  const [only] = lowers;
  if (lowers.length === 1 && only !== undefined) return toLayerSpec(only);
  return { kind: 'overlay', lowers, ...(fuseProgram === undefined ? {} : { fuseProgram }) };
}

interface Books {
  readonly digests: FileDigests;
  readonly driver: StorageDriver;
  readonly folders: LayerFolders;
  readonly staging: Staging;
  readonly writable: WritableLayers;
  readonly removals: RemovalQueue;
}

interface UnpackJob extends ApplyLayerOptions {
  readonly program: string;
  /** In the staging folder; gone when it has become the layer. */
  readonly place: string;
  waitForParent(): Promise<void>;
}

async function unpackLayer(books: Books, source: AsyncIterable<Uint8Array>, job: UnpackJob): Promise<Layer> {
  const { program, place, parent, expected, replace = false, signal, onProgress } = job;
  // Where a layer has a folder of its own, what is below counts only when it takes its place.
  if (!books.driver.isStacked) await job.waitForParent();
  const tar = findPlainTar(job);
  const draft = await books.driver.beginLayer(place, {
    program,
    ...(tar === undefined ? {} : { tar: tar.path }),
    ...(parent === undefined ? {} : { parent: books.folders.folderOf(parent) }),
  });
  // Most commands make no layer.
  const { applyLayer } = await import('./apply-layer.js');
  const applied = await applyLayer({
    program,
    digests: books.digests,
    source,
    ...(job.file === undefined ? {} : { sourceFile: job.file.path }),
    sink: draft.sink,
    index: join(place, INDEX_FILE),
    hasBelow: parent !== undefined,
    ...(tar === undefined ? {} : { diffId: tar.diffId }),
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  checkDiffId(applied.diffId, expected);
  await draft.finish();
  await job.waitForParent();
  const chainId = toChainId(parent, applied.diffId);
  const layer = { ...applied, chainId, ...(parent === undefined ? {} : { parent }) };
  return commitLayer(books, place, { layer, replace });
}

/** A blob that is not compressed has the layer's own digest; one that is compressed may only pretend to have it. */
function findPlainTar({ file, expected }: UnpackJob): { readonly path: string; readonly diffId: DiffId } | undefined {
  if (file?.digest === undefined || file.digest !== expected) return undefined;
  return readCompression(file.path) === 'none' ? { path: file.path, diffId: expected } : undefined;
}

/**
 * Another process may remove the layer below meanwhile. Each side first shows what it did, then looks at the other's: so
 * at least one of them sees the other and gives way.
 */
function commitLayer(
  { folders, staging, removals }: Books,
  folder: string,
  { layer, replace }: { readonly layer: Layer; readonly replace: boolean },
): Layer {
  writeLayerRecord(folder, { layer, owner: staging.owner });
  const target = folders.folderOf(layer.chainId);
  if (replace && existsSync(target)) removals.add([staging.withdraw(target)]);
  if (folders.find(layer.chainId) === undefined) renameOver(folder, target);
  if (layer.parent !== undefined && folders.find(layer.parent) === undefined) {
    throw parentGone(layer.parent);
  }
  return folders.get(layer.chainId);
}

function removeLayer({ folders, staging, writable, removals }: Books, id: ChainId): void {
  const isUsed = () => folders.records().some(({ layer }) => layer.parent === id) || writable.isOn(id);
  folders.get(id);
  if (isUsed()) throw inUse(id);
  const withdrawn = staging.withdraw(folders.folderOf(id));
  if (isUsed()) {
    renameSync(withdrawn, folders.folderOf(id));
    throw inUse(id);
  }
  removals.add([withdrawn]);
}

function sweepLayers(books: Books, wanted: readonly ChainId[], left: ReadonlySet<ChainId>): void {
  const { folders, staging, removals } = books;
  removals.add(staging.adopt());
  const records = folders.records();
  const kept = withAllBelow(wanted, records);
  const stray = records.filter(
    ({ layer, owner }) => !kept.has(layer.chainId) && (left.has(layer.chainId) || !isAlive(owner)),
  );
  // From the top down: what another layer stands on cannot go.
  for (const { layer } of sortTopFirst(stray)) {
    try {
      removeLayer(books, layer.chainId);
    } catch (error) {
      ignoreConflict(error);
    }
  }
}

/** Where one is missing, those below it are kept as far as they are known. */
function withAllBelow(wanted: readonly ChainId[], records: readonly LayerRecord[]): ReadonlySet<ChainId> {
  const parentOf = new Map(records.map(({ layer }) => [layer.chainId, layer.parent]));
  const kept = new Set<ChainId>();
  for (const id of wanted) {
    for (let next: ChainId | undefined = id; next !== undefined && !kept.has(next); next = parentOf.get(next))
      kept.add(next);
  }
  return kept;
}

/** Another process may have made the same layer a moment before: then there is nothing to do. */
function renameOver(folder: string, target: string): void {
  try {
    renameSync(folder, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

function checkDiffId(diffId: DiffId, expected: DiffId | undefined): void {
  if (expected === undefined || expected === diffId) return;
  throw new EngineError(
    'invalid-argument',
    `the layer's content is not what it should be: ${diffId} instead of ${expected}`,
  );
}

function sortTopFirst(records: readonly LayerRecord[]): readonly LayerRecord[] {
  const byId = new Map(records.map((record) => [record.layer.chainId, record]));
  const depth = (record: LayerRecord | undefined): number =>
    record === undefined ? 0 : 1 + (record.layer.parent === undefined ? 0 : depth(byId.get(record.layer.parent)));
  return [...records].sort((a, b) => depth(b) - depth(a));
}

function parentGone(id: ChainId): EngineError {
  return new EngineError('conflict', `the layer below was removed meanwhile: ${id}`);
}

function inUse(id: ChainId): EngineError {
  return new EngineError('conflict', `the layer is in use: ${id}`);
}

function ignoreConflict(error: unknown): void {
  if (error instanceof EngineError && (error.kind === 'conflict' || error.kind === 'not-found')) return;
  throw error;
}
