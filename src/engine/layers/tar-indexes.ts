import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, messageOf } from '../../model/errors.js';
import type { ChainId } from '../../model/ids.js';
import { removeSmall, type Staging } from '../../platform/staging.js';
import { type LayerIndex, parseLayerIndex } from './file-index/layer-index.js';
import type { KeepAttributes } from './kept-attributes.js';
import { indexTar } from './tar-index.js';

/** A layer and the tar, plain or compressed, that it was made of. */
export interface LayerTar {
  readonly chainId: ChainId;
  /** Undefined where the tar is not there. */
  open(): AsyncIterable<Uint8Array> | undefined;
}

export interface TarIndexes {
  /** Undefined where one of them has none. */
  stack(tars: readonly LayerTar[], keep: KeepAttributes): Promise<readonly LayerIndex[] | undefined>;
  close(): void;
}

/** Each tar is read once, and its index kept in a file; those that were asked for last are in memory too. */
export function createTarIndexes(staging: Staging, signal: AbortSignal | undefined): TarIndexes {
  let folder: string | undefined;
  const made = new Map<ChainId, string | undefined>();
  let last: ReadonlyMap<ChainId, LayerIndex> = new Map();
  const make = async (tar: LayerTar, hasBelow: boolean, keep: KeepAttributes) => {
    folder ??= makeFolder(staging);
    const path = join(folder, tar.chainId.slice('sha256:'.length));
    const index = await indexTar(openTar(tar), { path, hasBelow, keep, ...(signal && { signal }) });
    made.set(tar.chainId, index && path);
    return index;
  };
  const read = async (path: string | undefined) => path && parseLayerIndex(await readFile(path));
  return {
    async stack(tars, keep) {
      const stack = new Map<ChainId, LayerIndex>();
      for (const [i, tar] of tars.entries()) {
        const { chainId } = tar;
        const known = last.get(chainId);
        const index = known ?? (await (made.has(chainId) ? read(made.get(chainId)) : make(tar, i > 0, keep)));
        if (!index) return undefined;
        stack.set(chainId, index);
      }
      last = stack;
      return [...stack.values()];
    },
    close() {
      if (folder !== undefined) removeSmall(folder);
    },
  };
}

function makeFolder(staging: Staging): string {
  const folder = staging.path();
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    throw new EngineError('unavailable', `cannot make ${folder}: ${messageOf(cause)}`, { cause });
  }
  return folder;
}

/** Throws not-found. */
export function openTar(tar: LayerTar | undefined): AsyncIterable<Uint8Array> {
  const source = tar?.open();
  if (source === undefined) throw new EngineError('not-found', `the tar of layer ${tar?.chainId} is not there`);
  return source;
}
