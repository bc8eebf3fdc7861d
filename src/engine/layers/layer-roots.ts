import { isDevice } from './drivers/device-files.js';
import { isImage } from './drivers/image-files.js';
import type { RootBind, RootSpec } from './root-spec.js';
import type { WalkOptions } from './walk-role.js';
import type { WritableLayer } from './writable-layers.js';

/** One layer by itself, with its whiteouts as the files that overlay takes for them. `path` is one of a driver's `layerFolders`. */
export function toLayerSpec(path: string): RootSpec {
  return isImage(path) || isDevice(path) ? { kind: 'overlay', lowers: [path] } : { kind: 'directory', path };
}

/** A container's root from its layers, mounted for the reader or writer alone. */
export function toLayerRoot(
  layer: WritableLayer,
  access: 'read' | 'write',
  binds: readonly RootBind[] = [],
): Extract<RootSpec, { kind: 'overlay' }> {
  const { upper, work, lowers, fuseProgram } = layer;
  const more = { binds, ...(fuseProgram === undefined ? {} : { fuseProgram }) };
  return access === 'write'
    ? { kind: 'overlay', lowers, upper: { upper, work }, ...more }
    : { kind: 'overlay', lowers: [upper, ...lowers], ...more };
}

/** A walk that tells what the container has changed, added and removed, as a layer on top of its parent. */
export function toChangesWalk(layer: WritableLayer): Pick<WalkOptions, 'root' | 'below' | 'layer' | 'changes'> {
  const { upper, below: lowers, fuseProgram } = layer;
  const below: RootSpec = { kind: 'overlay', lowers, ...(fuseProgram === undefined ? {} : { fuseProgram }) };
  return layer.changes === 'upper'
    ? { root: { kind: 'directory', path: upper }, below, layer: true }
    : { root: toLayerRoot(layer, 'read'), below, changes: true };
}
