import type { Engine as WorkspaceEngine } from '../engine/engine.js';
import type { Container } from '../model/container.js';
import { messageOf } from '../model/errors.js';
import type { ContainerId } from '../model/ids.js';
import type { Network } from '../model/network.js';
import type { Volume } from '../model/volume.js';
import { type Actions, createActions, refuseToSave, type SaveArchive } from './actions.js';
import { type CommandLogStore, createCommandLogStore } from './command-log-store.js';
import { selectMarked } from './compared.js';
import { type ContainersStore, createContainersStore } from './containers-store.js';
import { startDetailFollower } from './detail-follower.js';
import { createDetailsStore, type DetailsStore } from './details-store.js';
import { type EngineSync, startEngineSync } from './engine-sync.js';
import { createEventsStore, type EventsStore } from './events-store.js';
import { startFilesFollower } from './files-follower.js';
import { createFilesStore, type FilesStore } from './files-store.js';
import { createImageDetailsStore, type ImageDetailsStore } from './image-details-store.js';
import { type ImageRow, selectImageRows } from './image-rows.js';
import { createLimitsStore, type LimitsStore } from './limits-store.js';
import { isAlive, selectedIndex } from './list-rows.js';
import { containersOf, isProject, type ListedRow, type Project } from './listed-row.js';
import { createLogsStore, type LogsStore } from './logs-store.js';
import { findMembers, selectNetworkRows } from './network-rows.js';
import { selectListedRow, selectListedRows } from './project-rows.js';
import { createRecentsStore, type RecentsStore } from './recents-store.js';
import { createResourcesStore, type ResourcesStore } from './resources-store.js';
import { createProjectRunner, type RunProject } from './run-project.js';
import { createStatsStore, type StatsStore, startStatsTick } from './stats-store.js';
import { createTransferRequests, type TransferRequests } from './transfers/transfer-requests.js';
import { createTransfersStore, type TransfersStore } from './transfers/transfers-store.js';
import { createUndoStore, type UndoStore, withUndo } from './undo-store.js';
import { createViewStore, type ListName, type ViewStore } from './view-store.js';
import { selectVolumeRows } from './volume-rows.js';
import { startVolumeSizesFollower } from './volume-sizes-follower.js';

export type { WorkspaceEngine };

/** All that the screen reads and calls: the stores, kept true to one engine until the signal. */
export interface Workspace {
  readonly containers: ContainersStore;
  readonly resources: ResourcesStore;
  readonly events: EventsStore;
  readonly stats: StatsStore;
  readonly limits: LimitsStore;
  readonly logs: LogsStore;
  readonly details: DetailsStore;
  readonly files: FilesStore;
  readonly imageDetails: ImageDetailsStore;
  readonly transfers: TransfersStore;
  /** What can be given to `transfers`. */
  readonly requests: TransferRequests;
  readonly recents: RecentsStore;
  readonly commands: CommandLogStore;
  readonly view: ViewStore;
  readonly actions: Actions;
  readonly undo: UndoStore;
  readonly sync: EngineSync;
  readonly runProject: RunProject;
  /** The row of the container list that is selected, of a container or a project. */
  selectedRow(): ListedRow | undefined;
  /** The container whose details are shown. */
  selectedContainer(): Container | undefined;
  /** The compose project whose row is the selected one. */
  selectedProject(): Project | undefined;
  /** The row of the image list whose details are shown where that list is the current one. */
  selectedImage(): ImageRow | undefined;
  selectedVolume(): Volume | undefined;
  selectedNetwork(): Network | undefined;
}

export interface WorkspaceOptions {
  /** Absent: nothing can be extracted. */
  readonly saveArchive?: SaveArchive;
  /** The first lists are on the screen: what takes longer, and is not needed for them, waits for that. Absent: nothing waits. */
  readonly firstPaint?: Promise<void>;
}

/** `now` is the wall clock: of statistics, logged commands, and how far back events are read. */
export function createWorkspace(
  engine: WorkspaceEngine,
  signal: AbortSignal,
  now: () => number = Date.now,
  { saveArchive = refuseToSave, firstPaint = Promise.resolve() }: WorkspaceOptions = {},
): Workspace {
  const containers = createContainersStore();
  const resources = createResourcesStore();
  const events = createEventsStore();
  const stats = createStatsStore();
  const view = createViewStore(now);
  const commands = createCommandLogStore(now);
  const undo = createUndoStore(view, now);
  const visible = () => visibleContainerIds({ containers, resources, stats, view });
  const tick = startStatsTick(engine, stats, visible, {
    signal,
    now,
    onError: (error) => view.say('error', messageOf(error)),
  });
  const limits = createLimitsStore({
    engine,
    view,
    commands,
    hostMemoryBytes: () => resources.getState().info?.memoryBytes,
    onApplied: (id, applied) => {
      const container = containers.getState().byId.get(id);
      if (container !== undefined) containers.merge(new Map([[id, { ...container, limits: applied }]]));
      void tick.tickNow();
    },
  });
  signal.addEventListener('abort', () => limits.close(), { once: true });
  const workspace: Workspace = {
    containers,
    resources,
    events,
    stats,
    limits,
    view,
    commands,
    logs: createLogsStore(engine, { signal, now }),
    details: createDetailsStore(engine),
    files: createFilesStore(engine),
    imageDetails: createImageDetailsStore(engine),
    transfers: createTransfersStore({ view, commands, signal, now }),
    recents: createRecentsStore(),
    requests: createTransferRequests(engine),
    actions: withUndo(createActions({ engine, view, commands, saveArchive }), undo),
    undo,
    runProject: createProjectRunner({ engine, containers, view, signal }),
    sync: startEngineSync(engine, { containers, resources, events }, { signal, now, firstPaint }),
    ...createSelection({ containers, resources, stats, view }),
  };
  void workspace.sync.ready.then(
    // After the list, which is painted by an immediate of its own: opening the files of all that is on screen takes longer.
    () => setImmediate(() => void tick.tickNow()),
    // start-ui.tsx has the same rejection and ends with it.
    () => undefined,
  );
  startDetailFollower(workspace, { signal, firstPaint });
  startFilesFollower(workspace, signal);
  startVolumeSizesFollower(engine, workspace, signal);
  return workspace;
}

type ListedStores = Pick<Workspace, 'containers' | 'resources' | 'stats' | 'view'>;

/** The selected row of each list. */
function createSelection({
  containers,
  resources,
  stats,
  view,
}: ListedStores): Pick<
  Workspace,
  'selectedRow' | 'selectedContainer' | 'selectedProject' | 'selectedImage' | 'selectedVolume' | 'selectedNetwork'
> {
  const select = <Row>(rows: readonly Row[], list: ListName, key: (row: Row) => string) =>
    rows[selectedIndex(rows.map(key), view.getState().lists[list])];
  const selectedRow = () => selectListedRow(containers.getState(), stats.getState(), view.getState());
  return {
    selectedRow,
    selectedContainer: () => {
      const row = selectedRow();
      return row === undefined || isProject(row) ? undefined : row;
    },
    selectedProject: () => {
      const row = selectedRow();
      return row !== undefined && isProject(row) ? row : undefined;
    },
    selectedImage: () => {
      const rows = selectImageRows(resources.getState(), containers.getState(), view.getState());
      return select(rows, 'images', ({ key }) => key);
    },
    selectedVolume: () => {
      const rows = selectVolumeRows(resources.getState(), containers.getState(), view.getState());
      return select(rows, 'volumes', ({ name }) => name);
    },
    selectedNetwork: () => {
      const rows = selectNetworkRows(resources.getState(), containers.getState(), view.getState());
      return select(rows, 'networks', ({ id }) => id);
    },
  };
}

/** The containers whose figures are on screen: the list's window, the selected one and those of the selected network for their graphs. */
function visibleContainerIds(stores: ListedStores): readonly ContainerId[] {
  const { containers, stats, view } = stores;
  const state = view.getState();
  const rows = selectListedRows(containers.getState(), stats.getState(), state);
  const list = state.lists.containers;
  const height = state.listHeights.containers ?? 0;
  const selected = selectListedRow(containers.getState(), stats.getState(), state);
  const shown = new Set([
    ...containersOf(rows.slice(list.top, list.top + height)),
    ...(selected === undefined ? [] : containersOf([selected])),
    ...visibleMembers(stores),
    ...comparedOnScreen(stores),
  ]);
  return [...shown].filter(isAlive).map((row) => row.id);
}

/** What graphs compare, where some do. */
function comparedOnScreen({ containers, stats, view }: ListedStores): readonly Container[] {
  const state = view.getState();
  const isOverlaid = state.graph.isOverlay && state.panes.includes('detail') && state.tab === 'stats';
  return isOverlaid || state.panes.includes('compare')
    ? selectMarked(containers.getState(), stats.getState(), state)
    : [];
}

/** The containers of the selected network as far as its details have been scrolled: each takes a line there at least. */
function visibleMembers(stores: ListedStores): readonly Container[] {
  const { list, networkTab, scrolled, listHeights } = stores.view.getState();
  const network =
    list === 'networks' && networkTab !== 'inspect' ? createSelection(stores).selectedNetwork() : undefined;
  if (network === undefined) return [];
  const members = findMembers(stores.containers.getState(), network).map(({ container }) => container);
  return members.slice(0, scrolled.detail.top + (listHeights.detail ?? 0));
}
