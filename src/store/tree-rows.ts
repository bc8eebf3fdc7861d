import { FILE_MARKS, type FileMark, type FileTree } from '../model/file-tree.js';
import { createRowFilter } from './row-filter.js';

/** Which nodes of a tree are listed. */
export interface TreeView {
  /** What the layer itself has and takes away, or all there is with it on top. */
  readonly scope: 'layer' | 'stack';
  readonly hidden: ReadonlySet<FileMark>;
  /** An expression as in all lists; with a slash in it whole paths are looked at, else names. */
  readonly filter: string;
  readonly folding: Folding;
}

export interface Folding {
  /** `auto`: folded where there are more rows than one looks through. */
  readonly all: 'auto' | 'folded' | 'unfolded';
  /** Paths of the directories for which the contrary holds. */
  readonly exceptions: ReadonlySet<string>;
}

/** What one looks through without folding. */
const FEW_ROWS = 200;

/**
 * The nodes that are listed, in order, without the root. A directory is listed if anything in it is; what is in a folded
 * one is not, unless a filter looks for it.
 */
export function selectTreeRows(tree: FileTree, view: TreeView): Uint32Array {
  const kept = keepNodes(tree, view);
  const isFolded = createFoldTest(tree, kept, view);
  const rows = new Uint32Array(tree.length);
  let count = 0;
  for (let node = 1; node < tree.length; ) {
    if (kept[node] === 0) {
      node = tree.end[node] ?? tree.length;
      continue;
    }
    rows[count++] = node;
    node = isDirectory(tree, node) && isFolded(node) ? (tree.end[node] ?? tree.length) : node + 1;
  }
  return rows.subarray(0, count);
}

/** True where something is below the node. */
export function isDirectory(tree: FileTree, node: number): boolean {
  return (tree.end[node] ?? 0) > node + 1;
}

/** Whether a directory is folded in this view. */
export function isFoldedIn(tree: FileTree, node: number, view: TreeView): boolean {
  return createFoldTest(tree, keepNodes(tree, view), view)(node);
}

/** 1 for each node that is listed if it is not folded away: it fits, or something below it does. */
function keepNodes(tree: FileTree, { scope, hidden, filter }: TreeView): Uint8Array {
  const kept = new Uint8Array(tree.length);
  const isHidden = FILE_MARKS.map((mark) => hidden.has(mark));
  const matches = filter === '' ? undefined : createNodeFilter(tree, filter);
  for (let node = tree.length - 1; node > 0; node--) {
    if (kept[node] === 0) {
      const fits = isHidden[tree.marks[node] ?? 0] !== true && (scope === 'stack' || tree.isOwn[node] === 1);
      if (fits && (matches === undefined || matches(node))) kept[node] = 1;
    }
    if (kept[node] === 1) kept[tree.parent[node] ?? 0] = 1;
  }
  return kept;
}

function createNodeFilter(tree: FileTree, filter: string): (node: number) => boolean {
  const matches = createRowFilter(filter);
  if (filter.includes('/')) return (node) => matches(tree.path(node));
  return (node) => matches(tree.name(node));
}

function createFoldTest(tree: FileTree, kept: Uint8Array, { filter, folding }: TreeView): (node: number) => boolean {
  if (filter !== '') return () => false;
  const { all, exceptions } = folding;
  const isFolded = all === 'folded' || (all === 'auto' && countKept(kept) > FEW_ROWS);
  return exceptions.size === 0 ? () => isFolded : (node) => isFolded !== exceptions.has(tree.path(node));
}

function countKept(kept: Uint8Array): number {
  let count = 0;
  for (const one of kept) count += one;
  return count;
}
