import { DIRECTORY, WHITEOUT } from './index-record.js';
import type { LayerIndex } from './layer-index.js';

/** Where a path is: a layer by its number, and the record in its index. */
export interface Place {
  readonly layer: number;
  readonly record: number;
}

/** A layer that hides what the layers below it have at a path, and the path whose entry there says so. */
export interface Reset {
  readonly layer: number;
  readonly path: string;
}

/** One path with all that the layers have there. */
export interface UnionPath {
  /** Absolute; empty for the root. */
  readonly path: string;
  readonly depth: number;
  /** The lowest layer first. */
  readonly places: readonly Place[];
  /** Of entries above the path; the lowest layer first. */
  readonly resets: readonly Reset[];
}

export interface UnionVisitor {
  /** False: what is below is left out, and `leave` is not called. */
  enter(at: UnionPath): boolean;
  leave(): void;
  /** All that is below the path that was entered last, which one layer has alone: records `first` up to `end`. */
  subtree(place: Place, end: number, resets: readonly Reset[]): void;
}

/**
 * Goes once through all paths that any of the layers has, directories before what is in them. What only one layer has is
 * visited in one call, so the cost is that of the paths that the layers share.
 */
export function walkUnion(indexes: readonly LayerIndex[], visitor: UnionVisitor): void {
  const indexOf = (layer: number): LayerIndex => indexes[layer] as LayerIndex;
  const visit = (at: UnionPath): void => {
    if (!visitor.enter(at)) return;
    const { path, places } = at;
    const directories = places.filter(({ layer, record }) => indexOf(layer).kind[record] === DIRECTORY);
    const below = places.length === 1 && directories.length === 1 ? at.resets : addResets(indexOf, at);
    const [only] = directories;
    if (directories.length === 1 && only !== undefined) {
      const end = indexOf(only.layer).end[only.record] ?? 0;
      if (end > only.record + 1) visitor.subtree({ layer: only.layer, record: only.record + 1 }, end, below);
    } else {
      const cursors = directories.map((place) => openCursor(indexOf(place.layer), place));
      for (let next = takeLeast(cursors); next.length > 0; next = takeLeast(cursors)) {
        const [first] = next;
        const name = first === undefined ? '' : indexOf(first.layer).text(first.record);
        visit({ path: `${path}/${name}`, depth: at.depth + 1, places: next, resets: below });
      }
    }
    visitor.leave();
  };
  visit({ path: '', depth: 0, places: indexes.map((_, layer) => ({ layer, record: 0 })), resets: [] });
}

function addResets(indexOf: (layer: number) => LayerIndex, { path, places, resets }: UnionPath): readonly Reset[] {
  const own = places.filter(({ layer, record }) => {
    const index = indexOf(layer);
    return index.kind[record] !== DIRECTORY || index.isOpaque(record);
  });
  if (own.length === 0) return resets;
  const added = own.map(({ layer }) => ({ layer, path }));
  return [...resets, ...added].sort((a, b) => a.layer - b.layer);
}

interface Cursor {
  readonly index: LayerIndex;
  readonly layer: number;
  record: number;
  readonly end: number;
}

function openCursor(index: LayerIndex, { layer, record }: Place): Cursor {
  return { index, layer, record: record + 1, end: index.end[record] ?? 0 };
}

/** The places of the name that comes first among those that the cursors stand at, which move on; none at the end. */
function takeLeast(cursors: readonly Cursor[]): readonly Place[] {
  let taken: Cursor[] = [];
  for (const cursor of cursors) {
    if (cursor.record >= cursor.end) continue;
    const [least] = taken;
    const difference = least === undefined ? 0 : cursor.index.compareNames(cursor.record, least.index, least.record);
    if (least === undefined || difference < 0) taken = [cursor];
    else if (difference === 0) taken.push(cursor);
  }
  return taken.map((cursor) => {
    const { layer, record } = cursor;
    cursor.record = cursor.index.end[record] ?? cursor.end;
    return { layer, record };
  });
}

/** The place that is seen at a path with all layers below `limit`; undefined where there is none. */
export function findVisible(
  indexes: readonly LayerIndex[],
  { places, resets }: Pick<UnionPath, 'places' | 'resets'>,
  limit: number,
): Place | undefined {
  let seen: Place | undefined;
  for (const place of places) {
    if (place.layer >= limit) break;
    const index = indexes[place.layer] as LayerIndex;
    const before = seen !== undefined && isReset(resets, seen.layer, place.layer) ? undefined : seen;
    seen = layOver(indexes, before, { place, index });
  }
  return seen !== undefined && isReset(resets, seen.layer, limit - 1) ? undefined : seen;
}

function layOver(
  indexes: readonly LayerIndex[],
  before: Place | undefined,
  { place, index }: { readonly place: Place; readonly index: LayerIndex },
): Place | undefined {
  if (index.kind[place.record] === WHITEOUT) return undefined;
  // A directory that the layer does not name has what the layers below say of it.
  const isWay = index.isImplied(place.record) && before !== undefined;
  return isWay && (indexes[before.layer] as LayerIndex).isDirectory(before.record) ? before : place;
}

/** One of the layers above `from` up to `to` hides what is below it. */
function isReset(resets: readonly Reset[], from: number, to: number): boolean {
  return resets.some(({ layer }) => layer > from && layer <= to);
}
