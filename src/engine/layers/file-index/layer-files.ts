import { EngineError } from '../../../model/errors.js';
import type { FileTree, LayerFiles, WasteReport } from '../../../model/file-tree.js';
import type { LayerIndex } from './layer-index.js';
import { buildStackTree } from './stack-tree.js';
import { measureWaste } from './waste.js';

/** Answers from the indexes alone; the lowest layer first. What was asked for last is kept. */
export function createLayerFiles(indexes: readonly LayerIndex[]): LayerFiles {
  let last: { readonly layer: number; readonly tree: FileTree } | undefined;
  let waste: WasteReport | undefined;
  return {
    layerCount: indexes.length,
    tree(layer) {
      if (indexes[layer] === undefined) {
        throw new EngineError('invalid-argument', `no layer ${layer}: there are ${indexes.length}, numbered from 0`);
      }
      if (last?.layer !== layer) last = { layer, tree: buildStackTree(indexes.slice(0, layer + 1)) };
      return last.tree;
    },
    waste() {
      waste ??= measureWaste(indexes);
      return waste;
    },
  };
}
