/** What a layer did to a path. A directory in which something changed counts as changed. */
export type FileMark = 'unchanged' | 'added' | 'changed' | 'deleted';

export const FILE_MARKS: readonly FileMark[] = ['unchanged', 'added', 'changed', 'deleted'];

export type FileKind = 'directory' | 'file' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo' | 'whiteout';

/**
 * The files of an image as they are with one of its layers on top, and those that this layer took away. Node 0 is the
 * root, after each directory comes what is in it, siblings in the order of their names' bytes. The arrays have a value
 * for each node.
 */
export interface FileTree {
  readonly length: number;
  /** The node after the last that is below it. */
  readonly end: Uint32Array;
  /** The root is its own. */
  readonly parent: Uint32Array;
  /** Below the root. */
  readonly depth: Uint16Array;
  /** Index of FILE_MARKS. */
  readonly marks: Uint8Array;
  /** 1 where the layer itself has the path, or takes it away. */
  readonly isOwn: Uint8Array;
  /** Bytes of the node and all that is below it; of what is deleted, what it had. */
  readonly totalBytes: Float64Array;
  /** The same, counting only what the layer itself brings. */
  readonly ownBytes: Float64Array;
  name(node: number): string;
  /** Absolute inside the image. */
  path(node: number): string;
  file(node: number): FileFacts;
}

/** What the layer did to the path of a node. */
export function markOf({ marks }: Pick<FileTree, 'marks'>, node: number): FileMark {
  return FILE_MARKS[marks[node] ?? 0] ?? 'unchanged';
}

/** The node of an absolute path without `.` and `..`; links are not followed. Undefined where nothing is there. */
export function findNode(tree: Pick<FileTree, 'end' | 'name'>, path: string): number | undefined {
  let at = 0;
  for (const part of path.split('/').filter((each) => each !== '')) {
    const end = tree.end[at] ?? 0;
    let next = at + 1;
    while (next < end && tree.name(next) !== part) next = tree.end[next] ?? end;
    if (next >= end) return undefined;
    at = next;
  }
  return at;
}

export interface FileFacts {
  readonly kind: FileKind;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a regular file. */
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  /** Where a link leads, `major:minor` of a device. */
  readonly target: string;
  /** Number of the layer that it comes from. */
  readonly layer: number;
  /** A directory of which the layer hides all that the layers below have in it. */
  readonly isOpaque: boolean;
}

/** What the layers of an image store more than once, or store and then hide. */
export interface WasteReport {
  /** 0 to 1: the least that each path has in any layer, by all that it has in all of them; 1 where there is nothing. */
  readonly efficiency: number;
  /** Of all that paths with more than one version have in any layer, as dive counts it. */
  readonly wastedBytes: number;
  /** Of it what the image does not show: replaced or taken away by a later layer. */
  readonly hiddenBytes: number;
  /** The most wasteful first. */
  readonly paths: readonly WastedPath[];
}

export interface WastedPath {
  /** Absolute inside the image; a directory that a layer took away stands for all that was in it. */
  readonly path: string;
  readonly files: number;
  /** Times that they are in a layer, or are taken away by one. */
  readonly versions: number;
  readonly totalBytes: number;
  readonly hiddenBytes: number;
}

/** The files of an image's layers, lowest first; of a container, with its own layer on top. Layers are numbered from 0. */
export interface LayerFiles {
  readonly layerCount: number;
  /** Rejects: invalid-argument (no such layer). */
  tree(layer: number): FileTree;
  waste(): WasteReport;
}
