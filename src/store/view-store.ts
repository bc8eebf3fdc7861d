import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ContainerId, ImageId, NetworkId, VolumeName } from '../model/ids.js';
import type { Dialog } from './dialog.js';

export type ListName = 'containers' | 'images' | 'volumes' | 'networks';
export type DetailTab =
  | 'stats'
  | 'logs'
  | 'tune'
  | 'network'
  | 'namespaces'
  | 'security'
  | 'top'
  | 'layers'
  | 'inspect';
/**
 * `tune`, `namespaces` and `logs` are panes of their own only where the screen is large enough; `layers` and `files` take the
 * place of the details, and so do `sessions`: shells and attached programs.
 */
export type PaneName =
  | ListName
  | 'detail'
  | 'tune'
  | 'namespaces'
  | 'logs'
  | 'layers'
  | 'files'
  | 'sessions'
  | 'compare';

export const LIST_NAMES: readonly ListName[] = ['containers', 'images', 'volumes', 'networks'];
export const DETAIL_TABS: readonly DetailTab[] = [
  'stats',
  'logs',
  'tune',
  'network',
  'namespaces',
  'security',
  'top',
  'layers',
  'inspect',
];

/** What is shown of an image beside the list. */
export type ImageTab = 'image' | 'history' | 'containers' | 'inspect';
export const IMAGE_TABS: readonly ImageTab[] = ['image', 'history', 'containers', 'inspect'];

/** What is shown of a network beside the list. */
export type NetworkTab = 'network' | 'traffic' | 'inspect';
export const NETWORK_TABS: readonly NetworkTab[] = ['network', 'traffic', 'inspect'];

export const SORT_COLUMNS = [
  'created',
  'name',
  'state',
  'cpu',
  'memory',
  'share',
  'network',
  'pids',
  'restarts',
  'image',
  'changed',
  'limit',
  'throttled',
  'ports',
  'id',
] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

export const IMAGE_SORT_COLUMNS = ['created', 'name', 'size', 'unique', 'shared', 'containers', 'id'] as const;
export type ImageSortColumn = (typeof IMAGE_SORT_COLUMNS)[number];

export const VOLUME_SORT_COLUMNS = ['name', 'size', 'containers', 'created', 'driver'] as const;
export type VolumeSortColumn = (typeof VOLUME_SORT_COLUMNS)[number];

export const NETWORK_SORT_COLUMNS = [
  'name',
  'driver',
  'subnet',
  'containers',
  'created',
  'kind',
  'gateway',
  'id',
] as const;
export type NetworkSortColumn = (typeof NETWORK_SORT_COLUMNS)[number];

export interface Sort<Column> {
  readonly column: Column;
  readonly isReversed: boolean;
}

export interface ListState {
  /** Id or name of the selected row; undefined: the row at `index`. */
  readonly selectedKey: string | undefined;
  /** Where the selected row was last seen, for when it is gone. */
  readonly index: number;
  /** First row that is shown. */
  readonly top: number;
  readonly filter: string;
}

export interface StatusMessage {
  readonly kind: 'ok' | 'error' | 'info' | 'busy';
  readonly text: string;
  readonly atMs: number;
  /** What was done can be taken back. */
  readonly canUndo?: boolean;
}

/** A line of text that is being typed at the bottom of the screen. */
export interface Prompt {
  readonly kind: 'filter' | 'search' | 'limit' | 'files' | 'keep' | 'hide';
  readonly text: string;
  readonly cursor: number;
  /** What was there before, for escape. */
  readonly before: string;
}

export interface LogView {
  readonly isFollowing: boolean;
  /** Number of the last line that is shown when not following. */
  readonly bottom: number;
  readonly search: string;
  /** Line of the match that was jumped to. */
  readonly match: number | undefined;
  readonly isWrapped: boolean;
  readonly showsTime: boolean;
  /** JSON lines are set out over several rows. */
  readonly isPretty: boolean;
  readonly column: number;
}

export interface GraphView {
  readonly secondsPerValue: number;
  /** Time at which the graphs stand still, ms; undefined: they move. */
  readonly frozenAtMs: number | undefined;
  /** First row of graphs that is shown where not all have room. */
  readonly top: number;
  /** Where the cursor stands, seconds since 1970; it stays at its time as the graphs move. Undefined: there is none. */
  readonly cursorSecond: number | undefined;
  /** What the graphs are drawn with; undefined: what the terminal was found to show. */
  readonly style: 'braille' | 'block' | 'ascii' | undefined;
  /** The marked containers in one graph each, in place of the selected one's. */
  readonly isOverlay: boolean;
}

/** Panes that scroll over the lines of a text. */
export type TextPane = 'detail' | 'namespaces';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** First line and first column of a text that are shown. */
export interface Scrolled {
  readonly top: number;
  readonly left: number;
}

/** What another text in the same pane begins with. */
export const SCROLL_START: Pick<ViewState, 'scrolled'> = {
  scrolled: { detail: { top: 0, left: 0 }, namespaces: { top: 0, left: 0 } },
};

export interface ViewState {
  readonly focus: PaneName;
  /** The list whose selection the details show. */
  readonly list: ListName;
  readonly tab: DetailTab;
  readonly lists: Readonly<Record<ListName, ListState>>;
  /** Rows that each list has on screen, and the details. */
  readonly listHeights: Readonly<Partial<Record<ListName | 'layers' | 'files' | 'detail' | 'logs', number>>>;
  readonly panes: readonly PaneName[];
  /** The size of the whole screen. */
  readonly screen: Size;
  /** The cells inside the frames of the panes that hold a text. */
  readonly insides: Readonly<Partial<Record<TextPane, Size>>>;
  readonly showsAll: boolean;
  /** Containers of a compose project stand below it. */
  readonly groupsProjects: boolean;
  /** Projects whose containers are not listed. */
  readonly foldedProjects: ReadonlySet<string>;
  readonly sort: Sort<SortColumn>;
  readonly imageSort: Sort<ImageSortColumn>;
  readonly volumeSort: Sort<VolumeSortColumn>;
  readonly networkSort: Sort<NetworkSortColumn>;
  /** Names of columns that the user has switched off. */
  readonly hiddenColumns: HiddenColumns;
  readonly zoom: 'normal' | 'half' | 'full';
  /** Name or file of the theme that the user has chosen; undefined: what the environment asks for. */
  readonly theme: string | undefined;
  /** The terminal gives its mouse to the screen, and does not select text with it. */
  readonly mouse: boolean;
  /** Nothing that changes the host is done. */
  readonly isReadOnly: boolean;
  /** By which context the user went to the engine; undefined: it is the one that the screen was opened with. */
  readonly context: string | undefined;
  readonly marked: ReadonlySet<ContainerId>;
  readonly markedImages: ReadonlySet<ImageId>;
  readonly markedVolumes: ReadonlySet<VolumeName>;
  readonly markedNetworks: ReadonlySet<NetworkId>;
  /** Key of the row that was marked last, where a range begins. */
  readonly markAnchor: string | undefined;
  readonly status: StatusMessage | undefined;
  readonly dialog: Dialog | undefined;
  readonly prompt: Prompt | undefined;
  readonly logs: LogView;
  readonly graph: GraphView;
  /** How far the panes that hold a text are scrolled. */
  readonly scrolled: Readonly<Record<TextPane, Scrolled>>;
  readonly imageTab: ImageTab;
  readonly networkTab: NetworkTab;
  /** The layers of the selected container, or the files of the selected volume, in place of its details. */
  readonly showsLayers: boolean;
  /** The details of the selected image in place of its layers. */
  readonly showsImageDetails: boolean;
  /** Shells and attached programs in place of the details, whatever is selected. */
  readonly showsSessions: boolean;
}

/** The layers and files of what is selected stand in place of its details. */
export function isExploring({ list, showsLayers, showsImageDetails, showsSessions }: ViewState): boolean {
  if (showsSessions) return false;
  return list === 'images' ? !showsImageDetails : list !== 'networks' && showsLayers;
}

export type HiddenColumns = Readonly<Record<ListName, readonly string[]>>;

export type ViewStore = StoreApi<ViewState> & {
  setList(name: ListName, change: Partial<ListState>): void;
  setLogs(change: Partial<LogView>): void;
  setGraph(change: Partial<GraphView>): void;
  say(kind: StatusMessage['kind'], text: string, canUndo?: boolean): void;
};

const EMPTY_LIST: ListState = { selectedKey: undefined, index: 0, top: 0, filter: '' };

export function createViewStore(now: () => number): ViewStore {
  const store = createStore<ViewState>(() => ({
    focus: 'containers',
    list: 'containers',
    tab: 'stats',
    lists: { containers: EMPTY_LIST, images: EMPTY_LIST, volumes: EMPTY_LIST, networks: EMPTY_LIST },
    listHeights: {},
    panes: ['containers', 'detail'],
    screen: { width: 80, height: 24 },
    insides: {},
    showsAll: true,
    groupsProjects: false,
    foldedProjects: new Set(),
    sort: { column: 'created', isReversed: false },
    imageSort: { column: 'created', isReversed: false },
    volumeSort: { column: 'name', isReversed: false },
    networkSort: { column: 'name', isReversed: false },
    hiddenColumns: { containers: [], images: [], volumes: [], networks: [] },
    zoom: 'normal',
    theme: undefined,
    mouse: true,
    isReadOnly: false,
    context: undefined,
    marked: new Set(),
    markedImages: new Set(),
    markedVolumes: new Set(),
    markedNetworks: new Set(),
    markAnchor: undefined,
    status: undefined,
    dialog: undefined,
    prompt: undefined,
    logs: {
      isFollowing: true,
      bottom: 0,
      search: '',
      match: undefined,
      isWrapped: false,
      showsTime: false,
      isPretty: false,
      column: 0,
    },
    graph: {
      ...{ secondsPerValue: 1, frozenAtMs: undefined, top: 0 },
      ...{ cursorSecond: undefined, style: undefined, isOverlay: false },
    },
    ...SCROLL_START,
    showsLayers: false,
    showsImageDetails: false,
    showsSessions: false,
    imageTab: 'image',
    networkTab: 'network',
  }));
  return Object.assign(store, {
    setList: (name: ListName, change: Partial<ListState>) =>
      store.setState((state) => ({ lists: { ...state.lists, [name]: { ...state.lists[name], ...change } } })),
    setLogs: (change: Partial<LogView>) => store.setState((state) => ({ logs: { ...state.logs, ...change } })),
    setGraph: (change: Partial<GraphView>) => store.setState((state) => ({ graph: { ...state.graph, ...change } })),
    say: (kind: StatusMessage['kind'], text: string, canUndo = false) =>
      store.setState({ status: { kind, text, atMs: now(), ...(canUndo && { canUndo }) } }),
  });
}
