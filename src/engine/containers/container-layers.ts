import type { LayerFiles } from '../../model/file-tree.js';
import type { LayerStore } from '../layers/layer-store.js';
import type { FileParts } from './container-root.js';
import { listOwnChanges } from './own-changes.js';

type Parts = Pick<FileParts, 'store' | 'program'> & { readonly layers: Pick<LayerStore, 'writable' | 'indexes'> };

/** The layers of a container's image, and on top what its programs changed so far. Rejects: not-found. */
export async function readContainerFiles(parts: Parts, ref: string): Promise<LayerFiles> {
  const record = await Promise.resolve(parts.store.resolve(ref));
  const layer = parts.layers.writable.get(record.id);
  const [below, own] = await Promise.all([
    layer.parent === undefined ? [] : parts.layers.indexes.stack(layer.parent),
    listOwnChanges(parts.program, layer),
  ]);
  const { createLayerFiles } = await import('../layers/file-index/layer-files.js');
  return createLayerFiles([...below, await parts.layers.indexes.ofEntries(own)]);
}
