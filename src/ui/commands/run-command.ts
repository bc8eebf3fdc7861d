import { messageOf } from '../../model/errors.js';
import { isAlive } from '../../store/list-rows.js';
import { type GraphView, isExploring, type PaneName } from '../../store/view-store.js';
import type { Workspace } from '../../store/workspace.js';
import type { Command } from '../keymap.js';
import type { CommandContext } from './command-context.js';
import {
  chooseSignal,
  chooseSort,
  openRunForm,
  pauseOrContinue,
  pruneContainers,
  removeContainers,
  removeResource,
  restart,
  selectedKey,
  startOrStop,
} from './container-commands.js';
import { FILE_RUNNERS, leaveFiles, showLayers, toggleImageDetails } from './file-commands.js';
import { findMatch, scrollSideways, toggleFollow } from './log-commands.js';
import { focusPane, isListName, listKeys, move, showTab, stepPane, stepTab } from './navigation.js';
import { applyLimits, liftLimit, setToPeak, stepField, stepLimit, toggleLive } from './tune-commands.js';

type Run = (context: CommandContext) => void;

/** Runs what a key, the palette or the mouse asked for. */
export function runCommand(context: CommandContext, command: Command): void {
  RUNNERS[command](context);
}

const onWorkspace =
  (run: (workspace: Workspace) => void): Run =>
  ({ workspace }) =>
    run(workspace);

const RUNNERS: Readonly<Record<Command, Run>> = {
  down: (context) => move(context, 'down'),
  up: (context) => move(context, 'up'),
  first: (context) => move(context, 'first'),
  last: (context) => move(context, 'last'),
  'half-down': (context) => move(context, 'half-down'),
  'half-up': (context) => move(context, 'half-up'),
  'page-down': (context) => move(context, 'page-down'),
  'page-up': (context) => move(context, 'page-up'),
  'next-pane': onWorkspace((workspace) => stepPane(workspace, 1)),
  'previous-pane': onWorkspace((workspace) => stepPane(workspace, -1)),
  'pane-1': focus('containers'),
  'pane-2': focus('images'),
  'pane-3': focus('volumes'),
  'pane-4': focus('networks'),
  'pane-5': focus('detail'),
  'next-tab': onWorkspace((workspace) => stepTab(workspace, 1)),
  'previous-tab': onWorkspace((workspace) => stepTab(workspace, -1)),
  open: onWorkspace(open),
  back: ({ workspace }) => void goBack(workspace),
  filter: onWorkspace(openFilter),
  palette: onWorkspace(({ view }) => view.setState({ dialog: { kind: 'palette', query: '', index: 0 } })),
  help: onWorkspace(({ view }) => view.setState({ dialog: { kind: 'help', query: '', top: 0 } })),
  larger: onWorkspace((workspace) => zoom(workspace, 1)),
  smaller: onWorkspace((workspace) => zoom(workspace, -1)),
  undo: onWorkspace(({ limits }) => void limits.undoLast()),
  suspend: (context) => context.suspend(),
  redraw: (context) => context.redraw(),
  copy: copySelected,
  reload: onWorkspace((workspace) => void reload(workspace)),
  'command-log': onWorkspace(({ view }) => view.setState({ dialog: { kind: 'commands', top: 0 } })),
  quit: (context) => {
    if (!goBack(context.workspace)) context.quit();
  },
  'quit-now': (context) => context.quit(),
  'show-logs': onWorkspace((workspace) => showTab(workspace, 'logs')),
  'show-top': onWorkspace((workspace) => showTab(workspace, 'top')),
  'show-inspect': onWorkspace((workspace) => showTab(workspace, 'inspect')),
  'show-namespaces': onWorkspace((workspace) => showTab(workspace, 'namespaces')),
  'show-security': onWorkspace((workspace) => showTab(workspace, 'security')),
  'show-layers': onWorkspace(showLayers),
  'image-details': onWorkspace(toggleImageDetails),
  tune: onWorkspace((workspace) => showTab(workspace, 'tune')),
  shell: (context) => openSession(context, 'shell'),
  attach: (context) => openSession(context, 'attach'),
  'start-stop': onWorkspace(startOrStop),
  restart: onWorkspace(restart),
  pause: onWorkspace(pauseOrContinue),
  kill: onWorkspace(chooseSignal),
  remove: onWorkspace(remove),
  'remove-force': onWorkspace((workspace) => removeContainers(workspace, true)),
  run: onWorkspace(openRunForm),
  'toggle-all': onWorkspace(({ view }) => view.setState(({ showsAll }) => ({ showsAll: !showsAll }))),
  sort: onWorkspace(chooseSort),
  reverse: onWorkspace(({ view }) =>
    view.setState(({ sort }) => ({ sort: { ...sort, isReversed: !sort.isReversed } })),
  ),
  mark: toggleMark,
  'mark-all': onWorkspace((workspace) => {
    const shown = new Set<string>(listKeys(workspace, 'containers'));
    const ids = [...workspace.containers.getState().byId.keys()].filter((id) => shown.has(id));
    workspace.view.setState({ marked: new Set(ids) });
  }),
  'mark-none': onWorkspace(({ view }) => view.setState({ marked: new Set() })),
  prune: onWorkspace(pruneContainers),
  'tune-next': onWorkspace((workspace) => stepField(workspace, 1)),
  'tune-previous': onWorkspace((workspace) => stepField(workspace, -1)),
  'tune-less': onWorkspace((workspace) => stepLimit(workspace, -1, 'one')),
  'tune-more': onWorkspace((workspace) => stepLimit(workspace, 1, 'one')),
  'tune-less-ten': onWorkspace((workspace) => stepLimit(workspace, -1, 'ten')),
  'tune-more-ten': onWorkspace((workspace) => stepLimit(workspace, 1, 'ten')),
  'tune-less-fine': onWorkspace((workspace) => stepLimit(workspace, -1, 'finest')),
  'tune-more-fine': onWorkspace((workspace) => stepLimit(workspace, 1, 'finest')),
  'tune-max': onWorkspace(liftLimit),
  'tune-peak': onWorkspace(setToPeak),
  'tune-live': onWorkspace(toggleLive),
  'tune-apply': onWorkspace(applyLimits),
  'log-follow': onWorkspace(toggleFollow),
  'log-search': onWorkspace(openSearch),
  'log-next': onWorkspace((workspace) => findMatch(workspace, 1)),
  'log-previous': onWorkspace((workspace) => findMatch(workspace, -1)),
  'log-wrap': onWorkspace(({ view }) => view.setLogs({ isWrapped: !view.getState().logs.isWrapped })),
  'log-time': onWorkspace(({ view }) => view.setLogs({ showsTime: !view.getState().logs.showsTime })),
  'log-clear': onWorkspace(({ logs }) => logs.clear()),
  'log-left': onWorkspace((workspace) => scrollSideways(workspace, -16)),
  'log-right': onWorkspace((workspace) => scrollSideways(workspace, 16)),
  'graph-freeze': onWorkspace(({ view, stats }) =>
    setGraph(view, ({ frozenAtMs }) => ({ frozenAtMs: frozenAtMs === undefined ? stats.getState().atMs : undefined })),
  ),
  'graph-in': onWorkspace(({ view }) =>
    setGraph(view, ({ secondsPerValue }) => ({ secondsPerValue: Math.max(1, Math.floor(secondsPerValue / 2)) })),
  ),
  'graph-out': onWorkspace(({ view }) =>
    setGraph(view, ({ secondsPerValue }) => ({ secondsPerValue: Math.min(8, secondsPerValue * 2) })),
  ),
  ...FILE_RUNNERS,
  'graph-reset': onWorkspace(({ view }) => setGraph(view, () => ({ secondsPerValue: 1, frozenAtMs: undefined }))),
};

function focus(name: PaneName): Run {
  return ({ workspace }) => focusPane(workspace, name);
}

function open(workspace: Workspace): void {
  if (workspace.selectedContainer() === undefined) openRunForm(workspace);
  else focusPane(workspace, 'detail');
}

/** One step back; false where there is nothing to go back from. */
function goBack(workspace: Workspace): boolean {
  const { view, limits } = workspace;
  const { focus: current, list, lists, zoom: size, marked, showsLayers } = view.getState();
  if (!isListName(current)) {
    if (current === 'files' || current === 'layers') leaveFiles(workspace);
    else if (Object.keys(limits.getState().draft).length > 0) limits.dropDraft();
    else view.setState({ focus: list, zoom: 'normal' });
  } else if (lists[current].filter !== '') {
    view.setList(current, { filter: '' });
  } else if (marked.size > 0) {
    view.setState({ marked: new Set() });
  } else if (size !== 'normal') {
    view.setState({ zoom: 'normal' });
  } else if (showsLayers) {
    view.setState({ showsLayers: false });
  } else if (current !== 'containers') {
    focusPane(workspace, 'containers');
  } else {
    return false;
  }
  return true;
}

function copySelected({ workspace, copy }: CommandContext): void {
  const { list } = workspace.view.getState();
  const key = list === 'containers' ? workspace.selectedContainer()?.id : selectedKey(workspace);
  if (key === undefined) return;
  copy(key);
  workspace.view.say('ok', `copied ${key.slice(0, 40)}`);
}

function openFilter({ view }: Workspace): void {
  const { focus: current, list, lists } = view.getState();
  const name = isListName(current) ? current : list;
  const { filter } = lists[name];
  view.setState({ focus: name, prompt: { kind: 'filter', text: filter, cursor: [...filter].length, before: filter } });
}

function openSearch({ view }: Workspace): void {
  const { search } = view.getState().logs;
  view.setState({ prompt: { kind: 'search', text: '', cursor: 0, before: search } });
}

function zoom({ view }: Workspace, step: 1 | -1): void {
  const sizes = ['normal', 'half', 'full'] as const;
  const index = sizes.indexOf(view.getState().zoom) + step;
  view.setState({ zoom: sizes[Math.max(0, Math.min(2, index))] ?? 'normal' });
}

async function reload({ sync, view, files }: Workspace): Promise<void> {
  try {
    await sync.reload();
    const { subject } = files.getState();
    if (subject !== undefined && isExploring(view.getState())) await files.load(subject);
    view.say('ok', 'read again');
  } catch (error) {
    view.say('error', messageOf(error));
  }
}

function openSession(context: CommandContext, kind: 'shell' | 'attach'): void {
  const container = context.workspace.selectedContainer();
  if (container === undefined || !isAlive(container)) {
    context.workspace.view.say(
      'info',
      container === undefined ? 'no container' : `${container.name} does not run: s starts it`,
    );
    return;
  }
  void context.openSession(kind);
}

function remove(workspace: Workspace): void {
  if (workspace.view.getState().list === 'containers') removeContainers(workspace, false);
  else removeResource(workspace);
}

function toggleMark(context: CommandContext): void {
  const { workspace } = context;
  const container = workspace.selectedContainer();
  if (container === undefined) return;
  const marked = new Set(workspace.view.getState().marked);
  if (!marked.delete(container.id)) marked.add(container.id);
  workspace.view.setState({ marked });
  move(context, 'down');
}

function setGraph(view: Workspace['view'], change: (graph: GraphView) => Partial<GraphView>): void {
  view.setState(({ graph }) => ({ graph: { ...graph, ...change(graph) } }));
}
