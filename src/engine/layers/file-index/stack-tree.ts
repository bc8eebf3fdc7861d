import { FILE_MARKS, type FileFacts, type FileKind, type FileTree } from '../../../model/file-tree.js';
import { fromByteString } from '../../../platform/tar/file-entry.js';
import { INDEX_KINDS, WHITEOUT } from './index-record.js';
import type { LayerIndex } from './layer-index.js';
import { findVisible, type Place, type Reset, type UnionPath, type UnionVisitor, walkUnion } from './union-walk.js';

const UNCHANGED = FILE_MARKS.indexOf('unchanged');
const ADDED = FILE_MARKS.indexOf('added');
const CHANGED = FILE_MARKS.indexOf('changed');
const DELETED = FILE_MARKS.indexOf('deleted');

/** The tree of the topmost of these layers over those below it. */
export function buildStackTree(indexes: readonly LayerIndex[]): FileTree {
  const nodes = new TreeBuilder(indexes);
  walkUnion(indexes, nodes);
  return nodes.finish();
}

class TreeBuilder implements UnionVisitor {
  readonly #indexes: readonly LayerIndex[];
  readonly #top: number;
  #length = 0;
  readonly #layers: Uint16Array;
  readonly #records: Uint32Array;
  readonly #end: Uint32Array;
  readonly #depth: Uint16Array;
  readonly #marks: Uint8Array;
  readonly #isOwn: Uint8Array;
  readonly #open: number[] = [];

  constructor(indexes: readonly LayerIndex[]) {
    const most = indexes.reduce((sum, { count }) => sum + count, 0);
    this.#indexes = indexes;
    this.#top = indexes.length - 1;
    this.#layers = new Uint16Array(most);
    this.#records = new Uint32Array(most);
    this.#end = new Uint32Array(most);
    this.#depth = new Uint16Array(most);
    this.#marks = new Uint8Array(most);
    this.#isOwn = new Uint8Array(most);
  }

  enter(at: UnionPath): boolean {
    const before = findVisible(this.#indexes, at, this.#top);
    const after = findVisible(this.#indexes, at, this.#top + 1);
    const own = at.places.at(-1)?.layer === this.#top ? at.places.at(-1) : undefined;
    // A whiteout of what is not there is shown too: it is in the layer.
    const shown = after ?? before ?? own;
    if (shown === undefined) return false;
    const node = this.#length++;
    this.#put(node, shown, this.#markOf(before, after));
    this.#depth[node] = at.depth;
    this.#isOwn[node] = own !== undefined || (before !== undefined && after === undefined) ? 1 : 0;
    const index = this.#indexes[shown.layer];
    // Below something else than a directory nothing is seen, also where a directory was.
    if (index?.isDirectory(shown.record) !== true) {
      this.#end[node] = this.#length;
      return false;
    }
    this.#open.push(node);
    return true;
  }

  leave(): void {
    const node = this.#open.pop();
    if (node !== undefined) this.#end[node] = this.#length;
  }

  subtree({ layer, record }: Place, end: number, resets: readonly Reset[]): void {
    const hidden = resets.find((reset) => reset.layer > layer)?.layer;
    if (hidden !== undefined && hidden < this.#top) return;
    const index = this.#indexes[layer] as LayerIndex;
    const mark = hidden === this.#top ? DELETED : layer === this.#top ? ADDED : UNCHANGED;
    // What a layer below the topmost wanted hidden and was not there is of no interest.
    const skipped = (i: number) =>
      layer === this.#top ? 0 : (index.whiteoutsBefore[i] ?? 0) - (index.whiteoutsBefore[record] ?? 0);
    const from = this.#length;
    for (let i = record; i < end; i++) {
      if (layer !== this.#top && index.kind[i] === WHITEOUT) continue;
      const node = this.#length++;
      const after = index.end[i] ?? end;
      this.#layers[node] = layer;
      this.#records[node] = i;
      this.#end[node] = from + after - record - skipped(after);
      this.#depth[node] = index.depth[i] ?? 0;
      this.#marks[node] = index.kind[i] === WHITEOUT ? DELETED : mark;
    }
    this.#isOwn.fill(mark === UNCHANGED ? 0 : 1, from, this.#length);
  }

  #put(node: number, { layer, record }: Place, mark: number): void {
    this.#layers[node] = layer;
    this.#records[node] = record;
    this.#marks[node] = mark;
  }

  #markOf(before: Place | undefined, after: Place | undefined): number {
    if (after === undefined) return DELETED;
    if (before === undefined) return ADDED;
    if (after.layer !== this.#top) return UNCHANGED;
    return isSameFile(this.#indexes, before, after) ? UNCHANGED : CHANGED;
  }

  finish(): FileTree {
    const length = this.#length;
    const [layers, records] = [this.#layers.subarray(0, length), this.#records.subarray(0, length)];
    const indexes = this.#indexes;
    const shape = {
      length,
      end: this.#end.subarray(0, length),
      depth: this.#depth.subarray(0, length),
      marks: this.#marks.subarray(0, length),
      isOwn: this.#isOwn.subarray(0, length),
    };
    const parent = findParents(shape.end);
    const sizes = [new Float64Array(length), new Float64Array(length)] as const;
    for (let i = 0; i < length; i++) {
      const bytes = indexes[layers[i] ?? 0]?.size[records[i] ?? 0] ?? 0;
      sizes[0][i] = bytes;
      if (layers[i] === this.#top) sizes[1][i] = bytes;
    }
    const [totalBytes, ownBytes] = sizes;
    sumUp({ ...shape, parent, totalBytes, ownBytes });
    const indexAt = (node: number) => indexes[layers[node] ?? 0] as LayerIndex;
    // A filter that is typed looks at all of them with each letter.
    const names: string[] = [];
    const name = (node: number) => (names[node] ??= indexAt(node).text(records[node] ?? 0));
    return {
      ...shape,
      totalBytes,
      ownBytes,
      parent,
      name,
      path: (node) => {
        let path = '';
        for (let at = node; at > 0; at = parent[at] ?? 0) path = `/${name(at)}${path}`;
        return path === '' ? '/' : path;
      },
      file: (node) => toFacts(indexAt(node), records[node] ?? 0, layers[node] ?? 0),
    };
  }
}

/** Nothing but the time, and of a directory what is in it, can differ. */
function isSameFile(indexes: readonly LayerIndex[], one: Place, other: Place): boolean {
  const [a, b] = [indexes[one.layer] as LayerIndex, indexes[other.layer] as LayerIndex];
  // The way to something else that the layer has.
  if (b.isImplied(other.record)) return a.isDirectory(one.record);
  // A hard link is as good as the name that has the content.
  const [i, j] = [a.content(one.record), b.content(other.record)];
  return (
    a.kind[i] === b.kind[j] &&
    a.mode(i) === b.mode(j) &&
    a.uid(i) === b.uid(j) &&
    a.gid(i) === b.gid(j) &&
    a.size[i] === b.size[j] &&
    a.target(i) === b.target(j) &&
    hasSameContent({ index: a, record: i }, { index: b, record: j })
  );
}

interface Content {
  readonly index: LayerIndex;
  readonly record: number;
}

/** Where a fingerprint is missing on one side, the time tells: it is as with files that have holes. */
function hasSameContent({ index: a, record: i }: Content, { index: b, record: j }: Content): boolean {
  const [one, other] = [a.fingerprint(i), b.fingerprint(j)];
  if (one !== undefined && other !== undefined) return one.equals(other);
  if (one === other && a.size[i] === 0) return true;
  return a.mtimeSeconds(i) === b.mtimeSeconds(j) && a.mtimeNanoseconds(i) === b.mtimeNanoseconds(j);
}

function findParents(end: Uint32Array): Uint32Array {
  const parent = new Uint32Array(end.length);
  let above = 0;
  for (let i = 1; i < end.length; i++) {
    while (i >= (end[above] ?? 0)) above = parent[above] ?? 0;
    parent[i] = above;
    above = i;
  }
  return parent;
}

type Sums = Pick<FileTree, 'length' | 'parent' | 'marks' | 'totalBytes' | 'ownBytes'>;

/** Adds what is in directories to them, from the last node to the first: what is below one comes before it. */
function sumUp({ length, parent, marks, totalBytes, ownBytes }: Sums): void {
  for (let i = length - 1; i > 0; i--) {
    const above = parent[i] ?? 0;
    const isDeleted = marks[i] === DELETED;
    // What is gone does not count to what is left.
    if (!isDeleted || marks[above] === DELETED) totalBytes[above] = (totalBytes[above] ?? 0) + (totalBytes[i] ?? 0);
    ownBytes[above] = (ownBytes[above] ?? 0) + (ownBytes[i] ?? 0);
    if (marks[i] !== UNCHANGED && marks[above] === UNCHANGED) marks[above] = CHANGED;
  }
}

function toFacts(index: LayerIndex, record: number, layer: number): FileFacts {
  return {
    kind: INDEX_KINDS[index.kind[record] ?? 0] as FileKind,
    mode: index.mode(record),
    uid: index.uid(record),
    gid: index.gid(record),
    sizeBytes: index.size[record] ?? 0,
    modifiedAtMs: index.mtimeSeconds(record) * 1000 + Math.floor(index.mtimeNanoseconds(record) / 1e6),
    target: fromByteString(index.target(record)),
    layer,
    isOpaque: index.isOpaque(record),
  };
}
