import { mkdirSync, renameSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../../model/errors.js';
import type { ChainId } from '../../../model/ids.js';
import { removeSmall, type Staging } from '../../../platform/staging.js';
import type { FileEntry } from '../../../platform/tar/file-entry.js';
import type { StorageDriver } from '../drivers/storage-driver.js';
import type { LayerFolders } from '../layer-folders.js';
import { toLayerSpec } from '../layer-roots.js';
import { type WalkOptions, walk } from '../walk-role.js';
import { createIndexWriter, type IndexWriter } from './index-writer.js';
import { type LayerIndex, parseLayerIndex } from './layer-index.js';

/** Name of the index in a layer's folder. */
export const INDEX_FILE = 'index';

/** What is in each layer, from the index that was written when it was unpacked. */
export interface LayerIndexes {
  /**
   * Of the layer and all below it, lowest first. One that is missing or damaged is made anew of the layer's files, which
   * takes as long as reading them. Rejects: not-found.
   */
  stack(id: ChainId): Promise<readonly LayerIndex[]>;
  /** Of entries that were walked, without their content. */
  ofEntries(entries: readonly FileEntry[]): Promise<LayerIndex>;
  /** Of all that is below a folder that is no layer, without its content; walks it. */
  ofFolder(path: string): Promise<LayerIndex>;
}

export interface LayerIndexesOptions {
  readonly driver: StorageDriver;
  readonly folders: Pick<LayerFolders, 'folderOf' | 'get' | 'stack'>;
  readonly staging: Staging;
  /** Path of gantry-init. */
  readonly program: string;
}

export function createLayerIndexes(options: LayerIndexesOptions): LayerIndexes {
  const { folders, staging, program } = options;
  const open = async (id: ChainId): Promise<LayerIndex> => {
    const folder = folders.folderOf(id);
    const known = await readIndex(join(folder, INDEX_FILE));
    if (known !== undefined) return known;
    return await makeIndex(staging, {
      fill: (writer) => walk({ program, ...toLayerWalk(options, id), content: true }, writer, () => undefined),
      // Whoever looks for it finds a whole one, or none; two processes write the same.
      keep: (path) => renameSync(path, join(folder, INDEX_FILE)),
    }).catch((error: unknown) => {
      // It may have been removed meanwhile: then that is what is told.
      folders.get(id);
      throw error;
    });
  };
  return {
    stack: async (id) => {
      const layers = await Promise.resolve(folders.stack(id));
      return await Promise.all(layers.map(({ chainId }) => open(chainId)));
    },
    ofEntries: (entries) =>
      makeIndex(staging, {
        fill: (writer) => {
          for (const entry of entries) writer.entry(entry);
        },
      }),
    ofFolder: (path) =>
      makeIndex(staging, {
        fill: (writer) => walk({ program, root: { kind: 'directory', path } }, writer, () => undefined),
      }),
  };
}

/** What the layer alone brings: its own folder, or what that has more and less than its parent's. */
function toLayerWalk(
  { driver, folders }: Pick<LayerIndexesOptions, 'driver' | 'folders'>,
  id: ChainId,
): Pick<WalkOptions, 'root' | 'layer' | 'below' | 'changes'> {
  const rootOf = (layer: ChainId) => {
    const [path = ''] = driver.layerFolders([folders.folderOf(layer)]);
    return toLayerSpec(path);
  };
  const { parent } = folders.get(id);
  if (driver.isStacked || parent === undefined) return { root: rootOf(id), layer: true };
  return { root: rootOf(id), below: rootOf(parent), changes: true };
}

async function readIndex(path: string): Promise<LayerIndex | undefined> {
  try {
    return parseLayerIndex(await readFile(path));
  } catch {
    // Not there: an older layer, or one that has gone.
    return undefined;
  }
}

interface Making {
  fill(writer: IndexWriter): Promise<void> | void;
  keep?(path: string): void;
}

async function makeIndex(staging: Staging, { fill, keep }: Making): Promise<LayerIndex> {
  const folder = staging.path();
  mkdirSync(folder, { mode: 0o700 });
  try {
    const path = join(folder, INDEX_FILE);
    const writer = createIndexWriter(path);
    await fill(writer);
    const isSettled = writer.settle();
    if (isSettled) writer.finish();
    const made = isSettled ? await readIndex(path) : undefined;
    if (made === undefined) throw new EngineError('internal', 'the index of a layer cannot be made of its files');
    keep?.(path);
    return made;
  } finally {
    removeSmall(folder);
  }
}
