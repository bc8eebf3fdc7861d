import { WHITEOUT } from './index-record.js';
import type { LayerIndex } from './layer-index.js';
import { type Place, type Reset, type UnionPath, type UnionVisitor, walkUnion } from './union-walk.js';

/**
 * All that is seen of these layers one over the other, the lowest first; in the order of the paths, a directory before what is in it.
 * Each is the topmost record of its path, as an overlay shows it: a directory that its layer names only as a part of other paths too.
 */
export function* listVisible(indexes: readonly LayerIndex[]): Generator<Place> {
  const visible = new VisibleFiles(indexes);
  walkUnion(indexes, visible);
  for (let i = 0; i < visible.length; i++) yield visible.at(i);
}

class VisibleFiles implements UnionVisitor {
  readonly #indexes: readonly LayerIndex[];
  readonly #layers: Uint16Array;
  readonly #records: Uint32Array;
  length = 0;

  constructor(indexes: readonly LayerIndex[]) {
    const most = indexes.reduce((sum, { count }) => sum + count, 0);
    this.#indexes = indexes;
    this.#layers = new Uint16Array(most);
    this.#records = new Uint32Array(most);
  }

  at(i: number): Place {
    return { layer: this.#layers[i] ?? 0, record: this.#records[i] ?? 0 };
  }

  enter({ places, resets }: UnionPath): boolean {
    const top = places.at(-1);
    const index = top && this.#indexes[top.layer];
    if (top === undefined || index === undefined || isHidden(top, resets)) return false;
    if (index.kind[top.record] === WHITEOUT) return false;
    this.#put(top.layer, top.record);
    return index.isDirectory(top.record);
  }

  leave(): void {
    // Where a directory ends is seen by the depth of what comes next.
  }

  subtree({ layer, record }: Place, end: number, resets: readonly Reset[]): void {
    const index = this.#indexes[layer];
    if (index === undefined || isHidden({ layer, record }, resets)) return;
    for (let i = record; i < end; i++) if (index.kind[i] !== WHITEOUT) this.#put(layer, i);
  }

  #put(layer: number, record: number): void {
    this.#layers[this.length] = layer;
    this.#records[this.length] = record;
    this.length++;
  }
}

function isHidden({ layer }: Place, resets: readonly Reset[]): boolean {
  return resets.some((reset) => reset.layer > layer);
}
