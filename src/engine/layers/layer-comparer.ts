import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import { errnoOf } from '../../platform/kernel-file.js';
import { openStaging } from '../../platform/staging.js';
import type { LayerFolder } from './check-layers.js';
import { compareLayer } from './compare-layer.js';
import { isImage } from './drivers/image-files.js';
import { type KeepAttributes, keepTold, probeKeptAttributes } from './kept-attributes.js';
import { toLayerSpec } from './layer-roots.js';

export interface LayerComparerOptions {
  /** The state root. */
  readonly root: string;
  /** Path of gantry-init. */
  readonly program: string;
  readonly signal?: AbortSignal;
}

/** Compares layers, as the drivers of a state root keep them, with the tars that they were made of. */
export interface LayerComparer {
  /** The first difference in words; undefined where there is none. `tar`: plain or compressed. Rejects: cancelled, invalid-argument. */
  compare(folder: LayerFolder, tar: AsyncIterable<Uint8Array>, hasBelow: boolean): Promise<string | undefined>;
}

export function createLayerComparer({ root, program, signal }: LayerComparerOptions): LayerComparer {
  const staging = openStaging(join(root, 'staging'));
  // What is made in the staging folder becomes a layer by a rename: so it is one file system.
  let probed: Promise<KeepAttributes> | undefined;
  const probe = () => {
    probed ??= probeKeptAttributes(program, staging.path()).catch(keepWhereFull);
    return probed;
  };
  return {
    async compare({ path, place }, tar, hasBelow) {
      const [folder = ''] = place.driver.layerFolders([path]);
      const keep = isImage(folder) ? keepTold : await probe();
      return await compareLayer(tar, { program, root: toLayerSpec(folder), hasBelow, keep, ...(signal && { signal }) });
    },
  };
}

/** A disk on which nothing can be made can be checked too: most keep all. */
function keepWhereFull(error: unknown): KeepAttributes {
  const isUnavailable = error instanceof EngineError && error.kind === 'unavailable';
  if (isUnavailable || ['ENOSPC', 'EDQUOT', 'EROFS'].includes(errnoOf(error))) return keepTold;
  throw error;
}
