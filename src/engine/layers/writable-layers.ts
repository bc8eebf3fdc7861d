import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { ChainId } from '../../model/ids.js';
import type { Staging } from '../../platform/staging.js';
import type { RemovalQueue } from './removal-queue.js';

/** The layers that containers write to: `writable/ID/{upper,work,parent}`. */
export interface WritableLayers {
  /** Makes the layer of a container on top of `parent`. Rejects: conflict (there is one), not-found (`parent`). */
  prepare(id: string, parent: ChainId | undefined): WritableLayer;
  /** Rejects: not-found. */
  get(id: string): WritableLayer;
  /** Takes it away, and has it deleted beside with the paths that are nobody else's; what is not there is fine. */
  release(id: string, others?: readonly string[]): void;
  /** True if one of them stands on the layer. */
  isOn(id: ChainId): boolean;
  list(): readonly string[];
}

/** What a mount of an overlay takes: paths of the host. */
export interface WritableLayer {
  /** Top first; at least one. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly parent?: ChainId;
}

export interface WritableLayersOptions {
  readonly root: string;
  readonly staging: Staging;
  readonly lowers: (id: ChainId | undefined) => readonly string[];
  readonly removals: RemovalQueue;
}

const ID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

export function openWritableLayers(options: WritableLayersOptions): WritableLayers {
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
    return {
      lowers: options.lowers(parent),
      upper: join(folderOf(id), 'upper'),
      work: join(folderOf(id), 'work'),
      ...(parent === undefined ? {} : { parent }),
    };
  };
  const withdraw = (id: string): readonly string[] =>
    existsSync(folderOf(id)) ? [options.staging.withdraw(folderOf(id))] : [];
  return {
    get,
    prepare(id, parent) {
      if (existsSync(folderOf(id))) throw new EngineError('conflict', `the layer of the container exists: ${id}`);
      const place = options.staging.path();
      // The root directory of the overlay has the owner and mode of the upper one.
      for (const name of ['upper', 'work']) mkdirSync(join(place, name), { recursive: true, mode: 0o755 });
      writeFileSync(join(place, 'parent'), parent ?? '');
      renameSync(place, folderOf(id));
      try {
        // Looked up after the layer can be seen: whoever removes the parent looks in the other order.
        return get(id);
      } catch (error) {
        options.removals.add(withdraw(id));
        throw error;
      }
    },
    release: (id, others = []) => options.removals.add([...withdraw(id), ...others]),
    isOn: (parent) => readdirSync(folder).some((id) => readParentOrNone(readParent, id) === parent),
    list: () => readdirSync(folder),
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
