import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Engine } from '../engine/engine.js';
import { EngineError, messageOf } from '../model/errors.js';
import { type FileMark, type FileTree, findNode, type LayerFiles, type WasteReport } from '../model/file-tree.js';
import type { ContainerId, ImageId, VolumeName } from '../model/ids.js';
import type { Layer } from '../model/layer.js';
import { listInstructions } from '../model/layer-sharing.js';
import { type Folding, isDirectory, isFoldedIn, selectTreeRows, type TreeView } from './tree-rows.js';

/** Whose files are looked at: by the layers of an image or a container, or those of a volume, which has none. */
export type FilesSubject = LayeredSubject | VolumeSubject;

export interface LayeredSubject {
  readonly imageId: ImageId;
  /** Of a container, with its own layer on top. */
  readonly containerId?: ContainerId;
  readonly name: string;
}

export interface VolumeSubject {
  readonly volume: VolumeName;
  readonly name: string;
}

/** One layer of the view, the lowest first. */
export interface ViewedLayer {
  /** Undefined for that of a container. */
  readonly layer: Layer | undefined;
  /** Bytes that it brings. */
  readonly sizeBytes: number;
  /** The instruction that made it. */
  readonly createdBy: string;
}

export interface FilesState extends TreeView {
  readonly subject: FilesSubject | undefined;
  readonly status: 'loading' | 'ready' | 'failed';
  readonly message: string;
  readonly layers: readonly ViewedLayer[];
  /** Number of the layer whose files are shown. */
  readonly layer: number;
  readonly tree: FileTree | undefined;
  readonly waste: WasteReport | undefined;
  /** Nodes of the tree that are listed. */
  readonly rows: Uint32Array;
  /** Row of the cursor, and the first that is on screen. */
  readonly cursor: number;
  readonly top: number;
  readonly showsWaste: boolean;
  readonly wasteCursor: number;
  readonly wasteTop: number;
}

export type FilesStore = StoreApi<FilesState> & {
  /** Reads the layers of a subject; what was read of another one is dropped, of the same one the cursor stays on its file. */
  load(subject: FilesSubject): Promise<void>;
  /** Shows the files of another layer. */
  selectLayer(layer: number): void;
  setView(change: Partial<Pick<TreeView, 'scope' | 'filter'>>): void;
  toggleMark(mark: FileMark): void;
  /** Folds or unfolds the directory under the cursor; false where there is none. */
  toggleFold(): boolean;
  toggleAllFolds(): void;
  /** The node under the cursor. */
  selectedNode(): number | undefined;
};

const NO_FOLDS: Folding = { all: 'auto', exceptions: new Set() };
const NOTHING = {
  status: 'loading',
  message: '',
  layers: [],
  layer: 0,
  tree: undefined,
  waste: undefined,
  rows: new Uint32Array(0),
  cursor: 0,
  top: 0,
  showsWaste: false,
  wasteCursor: 0,
  wasteTop: 0,
  filter: '',
  folding: NO_FOLDS,
} as const;

export function createFilesStore(engine: Engine): FilesStore {
  const store = createStore<FilesState>(() => ({
    ...NOTHING,
    subject: undefined,
    scope: 'stack',
    hidden: new Set<FileMark>(),
  }));
  let files: LayerFiles | undefined;
  const isShown = (subject: FilesSubject) => isSameSubject(store.getState().subject, subject);
  const list = (change: Partial<FilesState>) => store.setState((state) => listAnew(state, change));
  const showAgain = (change: Partial<FilesState> & { readonly layer: number }) =>
    store.setState((state) => listAgain(state, { ...change, tree: files?.tree(change.layer) }));
  const selectLayer = (layer: number) => list({ layer, tree: files?.tree(layer), top: 0 });
  return Object.assign(store, {
    load: async (subject: FilesSubject) => {
      if (!isShown(subject)) {
        store.setState((state) => ({ ...NOTHING, subject, scope: firstScope(state, subject) }));
      }
      const read = await readFiles(engine, subject).catch((error: unknown) => messageOf(error));
      // Another one may have been selected meanwhile.
      if (!isShown(subject)) return;
      if (typeof read === 'string') {
        store.setState({ ...NOTHING, status: 'failed', message: read });
        return;
      }
      files = read.files;
      const { status, layer } = store.getState();
      const top = read.layers.length - 1;
      const change = { status: 'ready', layers: read.layers, waste: files.waste() } as const;
      if (top < 0) store.setState(change);
      else if (status !== 'ready') list({ ...change, layer: top, tree: files.tree(top), top: 0 });
      else showAgain({ ...change, layer: Math.min(layer, top) });
    },
    selectLayer,
    setView: (change: Partial<Pick<TreeView, 'scope' | 'filter'>>) => list(change),
    toggleMark: (mark: FileMark) => {
      const hidden = new Set(store.getState().hidden);
      if (!hidden.delete(mark)) hidden.add(mark);
      list({ hidden });
    },
    toggleFold: () => {
      const { tree, folding } = store.getState();
      const node = findSelected(store.getState());
      if (tree === undefined || node === undefined || !isDirectory(tree, node)) return false;
      const exceptions = new Set(folding.exceptions);
      const path = tree.path(node);
      if (!exceptions.delete(path)) exceptions.add(path);
      list({ folding: { ...folding, exceptions } });
      return true;
    },
    toggleAllFolds: () => {
      const isFolded = areAllFolded(store.getState());
      list({ folding: { all: isFolded ? 'unfolded' : 'folded', exceptions: new Set() } });
    },
    selectedNode: () => findSelected(store.getState()),
  });
}

export function isSameSubject(one: FilesSubject | undefined, other: FilesSubject | undefined): boolean {
  return one !== undefined && other !== undefined ? keyOf(one) === keyOf(other) : one === other;
}

function keyOf(subject: FilesSubject): string {
  return isOfVolume(subject) ? `volume ${subject.volume}` : `${subject.imageId} ${subject.containerId ?? ''}`;
}

export function isOfVolume(subject: FilesSubject | undefined): subject is VolumeSubject {
  return subject !== undefined && 'volume' in subject;
}

/** What is listed: in a volume nothing was added or taken away, and all is shown. */
export function viewOf(state: FilesState): TreeView {
  return isOfVolume(state.subject) ? { ...state, scope: 'stack', hidden: new Set() } : state;
}

/** What was chosen holds for all images, or for all containers; of a container what it changed is shown first. */
function firstScope({ subject, scope }: FilesState, next: FilesSubject): TreeView['scope'] {
  if (isOfContainer(subject) === isOfContainer(next)) return scope;
  return isOfContainer(next) ? 'layer' : 'stack';
}

function isOfContainer(subject: FilesSubject | undefined): boolean {
  return subject !== undefined && 'containerId' in subject;
}

/** The state with other rows, and the cursor on the node that it was on, or the nearest above that is left. */
function listAnew(state: FilesState, change: Partial<FilesState>): FilesState {
  const next = { ...state, ...change };
  if (next.tree === undefined) return next;
  const rows = selectTreeRows(next.tree, viewOf(next));
  const node = next.tree === state.tree ? (state.rows[state.cursor] ?? 0) : 0;
  return { ...next, rows, cursor: findRow(rows, node) };
}

/** The same files as they are now: the cursor on the path that it was on, in the same line; where that has gone, on what has its place. */
function listAgain(state: FilesState, change: Partial<FilesState>): FilesState {
  const { cursor, top, tree } = state;
  const selected = state.rows[cursor];
  const next = listAnew(state, change);
  const path = selected === undefined ? undefined : tree?.path(selected);
  const node = path === undefined || next.tree === undefined ? undefined : findNode(next.tree, path);
  const place = node === undefined ? Math.min(cursor, next.rows.length - 1) : findRow(next.rows, node);
  return { ...next, cursor: Math.max(0, place), top: Math.max(0, top + place - cursor) };
}

function findSelected({ rows, cursor, tree, showsWaste }: FilesState): number | undefined {
  return tree === undefined || showsWaste ? undefined : rows[cursor];
}

function areAllFolded(state: FilesState): boolean {
  const { tree, folding } = state;
  const plain = { ...viewOf(state), filter: '', folding: { ...folding, exceptions: new Set<string>() } };
  return tree !== undefined && isFoldedIn(tree, 0, plain);
}

interface ReadFiles {
  readonly layers: readonly ViewedLayer[];
  readonly files: LayerFiles;
}

function readFiles(engine: Engine, subject: FilesSubject): Promise<ReadFiles> {
  return isOfVolume(subject) ? readVolume(engine, subject) : readLayers(engine, subject);
}

async function readVolume({ volumes }: Engine, { volume }: VolumeSubject): Promise<ReadFiles> {
  const files = await volumes.files?.(volume);
  if (files === undefined) throw new EngineError('not-implemented', 'this endpoint does not tell');
  return { layers: [{ layer: undefined, sizeBytes: files.tree(0).totalBytes[0] ?? 0, createdBy: '' }], files };
}

async function readLayers(engine: Engine, subject: LayeredSubject): Promise<ReadFiles> {
  const { imageId, containerId } = subject;
  const service = engine.layers;
  if (service === undefined) throw new EngineError('not-implemented', 'this endpoint does not tell');
  const [history, layers, files] = await Promise.all([
    engine.images.history(imageId),
    service.ofImage(imageId),
    containerId === undefined ? service.filesOfImage(imageId) : service.filesOfContainer(containerId),
  ]);
  const instructions = listInstructions(history);
  const viewed: ViewedLayer[] = layers.map((layer, i) => ({
    layer,
    sizeBytes: layer.sizeBytes,
    createdBy: instructions[i] ?? '',
  }));
  if (containerId !== undefined) {
    const sizeBytes = files.tree(files.layerCount - 1).ownBytes[0] ?? 0;
    viewed.push({ layer: undefined, sizeBytes, createdBy: `changed in ${subject.name}` });
  }
  return { layers: viewed, files };
}

/** The last row that is not behind the node. */
function findRow(rows: Uint32Array, node: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] ?? 0) <= node) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
