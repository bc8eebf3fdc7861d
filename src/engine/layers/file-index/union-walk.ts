import { WHITEOUT } from './index-record.js';
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
  const places = indexes.map((_, layer) => ({ layer, record: 0 }));
  visitPath({ indexOf: (layer) => indexes[layer] as LayerIndex, visitor }, { path: '', depth: 0, places, resets: [] });
}

interface Walk {
  readonly indexOf: (layer: number) => LayerIndex;
  readonly visitor: UnionVisitor;
}

function visitPath(walk: Walk, at: UnionPath): void {
  const { indexOf, visitor } = walk;
  if (!visitor.enter(at)) return;
  const directories = at.places.filter(({ layer, record }) => indexOf(layer).isDirectory(record));
  const resets = addResets(indexOf, at);
  const [first] = directories;
  if (first !== undefined && directories.length === 1) {
    const end = indexOf(first.layer).end[first.record] ?? 0;
    if (end > first.record + 1) visitor.subtree({ layer: first.layer, record: first.record + 1 }, end, resets);
  } else {
    visitNames(walk, at, { directories, resets });
  }
  visitor.leave();
}

interface Below {
  readonly directories: readonly Place[];
  readonly resets: readonly Reset[];
}

function visitNames(walk: Walk, { path, depth }: UnionPath, { directories, resets }: Below): void {
  const cursors = directories.map((place) => openCursor(walk.indexOf(place.layer), place));
  for (let places = takeLeast(cursors); places.length > 0; places = takeLeast(cursors)) {
    const [first] = places;
    const name = first === undefined ? '' : walk.indexOf(first.layer).text(first.record);
    visitPath(walk, { path: `${path}/${name}`, depth: depth + 1, places, resets });
  }
}

function addResets(indexOf: (layer: number) => LayerIndex, { path, places, resets }: UnionPath): readonly Reset[] {
  if (places.length === 1 && resets.length === 0) return resets;
  const own = places.filter(
    ({ layer, record }) => !indexOf(layer).isDirectory(record) || indexOf(layer).isOpaque(record),
  );
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
