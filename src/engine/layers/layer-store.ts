import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { ChainId, DiffId } from '../../model/ids.js';
import type { Layer } from '../../model/layer.js';
import type { Logger } from '../../platform/logger.js';
import type { ProcessSpawner } from '../../platform/process-spawner.js';
import { isAlive, openStaging, type Staging } from '../../platform/staging.js';
import { applyLayer } from './apply-layer.js';
import { toChainId } from './chain-id.js';
import { createLayerIndexes, INDEX_FILE, type LayerIndexes } from './file-index/layer-indexes.js';
import { type LayerFolders, openLayerFolders } from './layer-folders.js';
import { type LayerRecord, writeLayerRecord } from './layer-record.js';
import { createRemovalQueue, type RemovalQueue } from './removal-queue.js';
import { removePath } from './remove-role.js';
import { openWritableLayers, type WritableLayers } from './writable-layers.js';

/**
 * Unpacked layers by ChainID: `layers/HEX/{fs,index,layer.json}`, where `fs` is a lower directory of an overlay and
 * `index` says what is in it. A layer is there when its folder is, which a rename makes; nothing else has to agree with it.
 */
export interface LayerStore {
  list(): readonly Layer[];
  /** Undefined where there is none. */
  find(id: ChainId): Layer | undefined;
  /** The layer and all below it, lowest first. Rejects: not-found. */
  stack(id: ChainId): readonly Layer[];
  /** The folders of the stack, top first, as overlay takes them; without a layer one that is empty. */
  lowers(id: ChainId | undefined): readonly string[];
  /**
   * Unpacks a tar, plain or compressed, on top of `parent`, and checks its DiffID. A layer that is there already is read
   * for its DiffID alone. Rejects: invalid-argument; then nothing is left.
   */
  apply(source: AsyncIterable<Uint8Array>, options?: ApplyLayerOptions): Promise<Layer>;
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
}

export interface ApplyLayerOptions {
  readonly parent?: ChainId;
  readonly expected?: DiffId;
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
}

/** Opens or makes the store. */
export function openLayerStore(options: LayerStoreOptions): LayerStore {
  const folders = openLayerFolders(options.root);
  const staging = openStaging(join(options.root, 'staging'));
  const removeFolders = (paths: readonly string[]) => removePath(options.spawner, ...paths);
  const removals = createRemovalQueue(removeFolders, (error) => {
    options.logger.warn('cannot delete what was removed', error);
  });
  const writable = openWritableLayers({ root: options.root, staging, lowers: folders.lowers, removals });
  const withdraw = (path: string) => removals.add([staging.withdraw(path)]);
  const books: Books = { folders, staging, writable, removals };
  return {
    list: () => folders.records().map(({ layer }) => layer),
    find: folders.find,
    stack: folders.stack,
    lowers: folders.lowers,
    remove: (id) => removeLayer(books, id),
    writable,
    indexes: createLayerIndexes({ folders, staging, program: options.program }),
    async apply(source, applyOptions = {}) {
      const { parent, expected, replace = false, signal, onProgress } = applyOptions;
      const known = expected === undefined || replace ? undefined : folders.find(toChainId(parent, expected));
      if (known !== undefined) return known;
      const folder = staging.path();
      mkdirSync(join(folder, 'fs'), { recursive: true, mode: 0o755 });
      try {
        const applied = await applyLayer(source, {
          program: options.program,
          folder: join(folder, 'fs'),
          index: join(folder, INDEX_FILE),
          hasBelow: parent !== undefined,
          ...(signal === undefined ? {} : { signal }),
          ...(onProgress === undefined ? {} : { onProgress }),
        });
        checkDiffId(applied.diffId, expected);
        const chainId = toChainId(parent, applied.diffId);
        const layer = { ...applied, chainId, ...(parent === undefined ? {} : { parent }) };
        return commitLayer(books, folder, { layer, replace });
      } finally {
        // Gone already when it became the layer.
        if (existsSync(folder)) await removeFolders([folder]);
      }
    },
    abandoned: staging.abandoned,
    sweep: (kept, left = new Set()) => sweepLayers(books, kept, left),
    withdraw,
    close: removals.drain,
  };
}

interface Books {
  readonly folders: LayerFolders;
  readonly staging: Staging;
  readonly writable: WritableLayers;
  readonly removals: RemovalQueue;
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
    throw new EngineError('conflict', `the layer below was removed meanwhile: ${layer.parent}`);
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

function inUse(id: ChainId): EngineError {
  return new EngineError('conflict', `the layer is in use: ${id}`);
}

function ignoreConflict(error: unknown): void {
  if (error instanceof EngineError && (error.kind === 'conflict' || error.kind === 'not-found')) return;
  throw error;
}
