import type { LayerFiles } from '../../model/file-tree.js';
import type { VolumeName } from '../../model/ids.js';
import type { ByteStream, Cancellable } from '../engine.js';
import type { LayerIndexes } from '../layers/file-index/layer-indexes.js';
import { streamPath } from '../layers/stream-path.js';
import type { VolumeArchiveParts } from './volume-archive.js';

export interface VolumeFileParts extends VolumeArchiveParts {
  readonly layers: { readonly indexes: Pick<LayerIndexes, 'ofFolder'> };
}

/** What is in a volume, as one layer. Containers may change it meanwhile. Throws not-found. */
export async function readVolumeFiles({ volumes, layers }: VolumeFileParts, name: VolumeName): Promise<LayerFiles> {
  const { source } = await volumes.sourceOf(name);
  const { createLayerFiles } = await import('../layers/file-index/layer-files.js');
  return createLayerFiles([await layers.indexes.ofFolder(source)]);
}

/** A tar of one file or directory of a volume, resolved below the volume's root. Throws not-found. */
export async function readVolumePath(
  { volumes, program }: VolumeFileParts,
  name: VolumeName,
  { path, signal }: Cancellable & { readonly path: string },
): Promise<ByteStream> {
  const { source } = await volumes.sourceOf(name);
  return streamPath({ program, root: { kind: 'directory', path: source }, path, ...(signal && { signal }) });
}
