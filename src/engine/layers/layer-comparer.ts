import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import { errnoOf } from '../../platform/kernel-file.js';
import { openStaging } from '../../platform/staging.js';
import type { LayerFolder } from './check-layers.js';
import { compareLayer } from './compare-layer.js';
import { compareRoot } from './compare-root.js';
import { isImage } from './drivers/image-files.js';
import { type KeepAttributes, keepTold, probeKeptAttributes } from './kept-attributes.js';
import { toLayerSpec } from './layer-roots.js';
import { createTarIndexes, type LayerTar, openTar } from './tar-indexes.js';

export interface LayerComparerOptions {
  /** The state root. */
  readonly root: string;
  /** Path of gantry-init. */
  readonly program: string;
  readonly signal?: AbortSignal;
}

/** Compares layers, as the drivers of a state root keep them, with the tars that they were made of. */
export interface LayerComparer {
  /**
   * `tars`: of the layer and of all below it, the lowest first. Rejects: cancelled, not-found (a tar that is needed), invalid-argument (no
   * tar of a layer), unavailable (no space for what a whole root is compared with).
   */
  compare(folder: LayerFolder, tars: readonly LayerTar[]): Promise<Comparison>;
  /** Deletes what it has made. */
  close(): void;
}

export interface Comparison {
  /** False: what the files should be only a file system could tell. */
  readonly isCompared: boolean;
  /** The first one, in words; absent where there is none. */
  readonly difference?: string;
}

export function createLayerComparer(options: LayerComparerOptions): LayerComparer {
  const { root, program, signal } = options;
  const staging = openStaging(join(root, 'staging'));
  // What is made in the staging folder becomes a layer by a rename: so it is one file system.
  let probed: Promise<KeepAttributes> | undefined;
  const probe = () => {
    probed ??= probeKeptAttributes(program, staging.path()).catch(keepWhereFull);
    return probed;
  };
  const indexes = createTarIndexes(staging, signal);
  const own = { program, ...(signal && { signal }) };
  return {
    async compare({ path, place }, tars) {
      const [folder = ''] = place.driver.layerFolders([path]);
      const spec = { ...own, root: toLayerSpec(folder) };
      const keep = isImage(folder) ? keepTold : await probe();
      if (place.driver.isStacked) {
        const tar = openTar(tars.at(-1));
        return toComparison(await compareLayer(tar, { ...spec, hasBelow: tars.length > 1, keep }));
      }
      const stack = await indexes.stack(tars, keep);
      return stack === undefined ? { isCompared: false } : toComparison(await compareRoot({ ...spec, indexes: stack }));
    },
    close: indexes.close,
  };
}

function toComparison(difference: string | undefined): Comparison {
  return { isCompared: true, ...(difference !== undefined && { difference }) };
}

/** A disk on which nothing can be made can be checked too: most keep all. */
function keepWhereFull(error: unknown): KeepAttributes {
  const isUnavailable = error instanceof EngineError && error.kind === 'unavailable';
  if (isUnavailable || ['ENOSPC', 'EDQUOT', 'EROFS'].includes(errnoOf(error))) return keepTold;
  throw error;
}
