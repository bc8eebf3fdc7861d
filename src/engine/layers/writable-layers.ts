import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { ChainId } from '../../model/ids.js';
import type { Staging } from '../../platform/staging.js';
import type { StorageDriver, StorageDriverName, WritableFolders } from './drivers/storage-driver.js';
import type { LayerFolders } from './layer-folders.js';
import type { RemovalQueue } from './removal-queue.js';

/** The layers that containers write to: `writable/ID`, with a file `parent` beside what the storage driver makes. */
export interface WritableLayers {
  /** Makes a layer on top of `parent`, for a container that is yet to be. Rejects: not-found (`parent`), unavailable (no space). */
  prepare(parent: ChainId | undefined): Promise<PreparedLayer>;
  /** Rejects: not-found. */
  get(id: string): WritableLayer;
  has(id: string): boolean;
  /** Takes it away, and has it deleted beside with the paths that are nobody else's; what is not there is fine. */
  release(id: string, others?: readonly string[]): void;
  /** True if one of them stands on the layer. */
  isOn(id: ChainId): boolean;
  list(): readonly string[];
}

/** Nobody finds it before it is committed. */
export interface PreparedLayer {
  /** Gives it to a container. Throws conflict (that has one), not-found (the parent was removed meanwhile); then nothing is left. */
  commit(id: string): WritableLayer;
  /** Has it deleted beside; after a commit it does nothing. */
  discard(): void;
}

/** What is mounted as a container's root: paths of the host. */
export interface WritableLayer extends WritableFolders {
  readonly driver: StorageDriverName;
  readonly changes: StorageDriver['changes'];
  readonly fuseProgram?: string;
  /** What it began with, as a root of its own, top first. */
  readonly below: readonly string[];
  readonly parent?: ChainId;
}

export interface WritableLayersOptions {
  /** The folder of the driver. */
  readonly root: string;
  readonly driver: StorageDriver;
  readonly staging: Staging;
  readonly folders: LayerFolders;
  readonly removals: RemovalQueue;
}

const ID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export function openWritableLayers(options: WritableLayersOptions): WritableLayers {
  const { driver, staging, removals } = options;
  const folder = join(options.root, 'writable');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const folderOf = (id: string): string => {
    if (!ID.test(id)) throw new EngineError('invalid-argument', `invalid name of a layer: "${id}"`);
    return join(folder, id);
  };
  const readParent = (id: string): ChainId | undefined => {
    try {
      return (readFileSync(join(folderOf(id), 'parent'), 'utf8') as ChainId) || undefined;
    } catch (error) {
      throw new EngineError('not-found', `no such layer of a container: ${id}`, { cause: error });
    }
  };
  const get = (id: string): WritableLayer => {
    const parent = readParent(id);
    const below = options.folders.lowers(parent);
    const { name, changes, fuseProgram } = driver;
    return {
      driver: name,
      changes,
      ...(fuseProgram === undefined ? {} : { fuseProgram }),
      ...driver.findRoot(folderOf(id), below),
      below,
      ...(parent === undefined ? {} : { parent }),
    };
  };
  const withdraw = (id: string): readonly string[] =>
    existsSync(folderOf(id)) ? [staging.withdraw(folderOf(id))] : [];
  const commit = (place: string, id: string): WritableLayer => {
    if (existsSync(folderOf(id))) throw new EngineError('conflict', `the layer of the container exists: ${id}`);
    renameSync(place, folderOf(id));
    try {
      // Looked up after the layer can be seen: whoever removes the parent looks in the other order.
      return get(id);
    } catch (error) {
      removals.add(withdraw(id));
      throw error;
    }
  };
  return {
    get,
    has: (id) => existsSync(folderOf(id)),
    async prepare(parent) {
      const place = staging.path();
      const discard = () => removals.add([place]);
      try {
        await driver.makeWritable(place, parent === undefined ? undefined : options.folders.folderOf(parent));
        writeFileSync(join(place, 'parent'), parent ?? '');
      } catch (error) {
        discard();
        // It may have gone while it was read.
        if (parent !== undefined) options.folders.get(parent);
        throw error;
      }
      return prepared((id) => commit(place, id), discard);
    },
    release: (id, others = []) => removals.add([...withdraw(id), ...others]),
    isOn: (parent) => readdirSync(folder).some((id) => readParentOrNone(readParent, id) === parent),
    list: () => readdirSync(folder),
  };
}

function prepared(commit: PreparedLayer['commit'], discard: () => void): PreparedLayer {
  let isOpen = true;
  const close = (): void => {
    if (isOpen) discard();
    isOpen = false;
  };
  return {
    commit(id) {
      try {
        const layer = commit(id);
        isOpen = false;
        return layer;
      } finally {
        close();
      }
    },
    discard: close,
  };
}

function readParentOrNone(readParent: (id: string) => ChainId | undefined, id: string): ChainId | undefined {
  try {
    return readParent(id);
  } catch {
    // It was released meanwhile.
    return undefined;
  }
}
