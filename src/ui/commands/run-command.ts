import { messageOf } from '../../model/errors.js';
import { isExploring, type PaneName, SCROLL_START } from '../../store/view-store.js';
import type { Workspace } from '../../store/workspace.js';
import type { Command, DialogCommand, ScreenCommand } from '../command.js';
import { activeContexts } from '../keymap.js';
import type { CommandContext } from './command-context.js';
import {
  chooseSignal,
  openRunForm,
  pauseOrContinue,
  pruneContainers,
  removeContainers,
  restart,
  selectedKey,
  startOrStop,
} from './container-commands.js';
import { chooseContext } from './context-commands.js';
import { FILE_RUNNERS, leaveFiles, showLayers } from './file-commands.js';
import { GRAPH_RUNNERS, leaveGraphs } from './graph-commands.js';
import { pruneImages, removeImages } from './image-commands.js';
import { leaveEngine } from './leave.js';
import { markAll, markedKeys, markNone, markRange, openBulkMenu, toggleMark } from './list-commands.js';
import {
  clearLogFilter,
  findMatch,
  openLogFilter,
  openLogSave,
  scrollSideways,
  showWindow,
  toggleFollow,
} from './log-commands.js';
import {
  focusPane,
  isListName,
  move,
  scrollTextSideways,
  showImageTab,
  showNetworkTab,
  showTab,
  stepPane,
  stepTab,
} from './navigation.js';
import { openConnect, openCreateNetwork, openDisconnect, pruneNetworks, removeNetworks } from './network-commands.js';
import { openPort } from './open-port.js';
import { chooseOwnCommand } from './own-commands.js';
import { PROJECT_RUNNERS } from './project-commands.js';
import { isChanging } from './read-only.js';
import { leaveSessions, SESSION_RUNNERS } from './session-commands.js';
import { chooseColumns, chooseSort, reverseSort } from './sort-commands.js';
import { chooseTheme } from './theme-commands.js';
import { openLoad, openLogin, openPull, openPush, openSave, openTag, openTransfers } from './transfer-commands.js';
import { applyLimits, liftLimit, openTyping, setToPeak, stepField, stepLimit, toggleLive } from './tune-commands.js';
import { openCreateVolume, pruneVolumes, removeVolumes } from './volume-commands.js';

type Run = (context: CommandContext) => void;

/** Runs what a key, the palette or the mouse asked for. */
export function runCommand(context: CommandContext, command: Command): void {
  const { view } = context.workspace;
  // Where nothing runs, `open` leads to the run form.
  const isOpeningRun = command === 'open' && opensRunForm(context.workspace);
  if (view.getState().isReadOnly && (isChanging(command) || isOpeningRun))
    view.say('info', `the screen is read-only: ${command} is not done`);
  else RUNNERS[command]?.(context);
}

/** The same for what was chosen in the palette, which has it first the next time. */
export function runChosen(context: CommandContext, command: Command): void {
  context.workspace.recents.addCommand(command);
  runCommand(context, command);
}

const onWorkspace =
  (run: (workspace: Workspace) => void): Run =>
  ({ workspace }) =>
    run(workspace);

const RUNNERS: Readonly<Record<ScreenCommand, Run> & Partial<Record<DialogCommand, Run>>> = {
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
  'text-left': (context) => scrollTextSideways(context, -1),
  'text-right': (context) => scrollTextSideways(context, 1),
  open,
  back: ({ workspace }) => void goBack(workspace),
  filter: onWorkspace(openFilter),
  palette: onWorkspace(({ view }) => view.setState({ dialog: { kind: 'palette', query: '', index: 0 } })),
  help: onWorkspace(({ view }) => view.setState({ dialog: { kind: 'help', query: '', top: 0 } })),
  larger: onWorkspace((workspace) => zoom(workspace, 1)),
  smaller: onWorkspace((workspace) => zoom(workspace, -1)),
  undo: onWorkspace(undoLast),
  suspend: (context) => context.suspend(),
  redraw: (context) => context.redraw(),
  copy: copySelected,
  reload: onWorkspace((workspace) => void reload(workspace)),
  'command-log': onWorkspace(({ view }) => view.setState({ dialog: { kind: 'commands', top: undefined } })),
  events: onWorkspace(({ view }) =>
    view.setState({ dialog: { kind: 'events', query: '', selected: undefined, isOpen: false, top: 0 } }),
  ),
  quit: (context) => {
    if (!goBack(context.workspace)) leaveEngine(context, { question: 'Leave', verb: 'leave', leave: context.quit });
  },
  'quit-now': (context) => context.quit(),
  'show-logs': onWorkspace((workspace) => showTab(workspace, 'logs')),
  'show-top': onWorkspace((workspace) => showTab(workspace, 'top')),
  'show-inspect': onWorkspace((workspace) => showTab(workspace, 'inspect')),
  'show-namespaces': onWorkspace((workspace) => showTab(workspace, 'namespaces')),
  'show-security': onWorkspace((workspace) => showTab(workspace, 'security')),
  'show-layers': onWorkspace(showLayers),
  tune: onWorkspace((workspace) => showTab(workspace, 'tune')),
  'start-stop': onWorkspace(startOrStop),
  restart: onWorkspace(restart),
  pause: onWorkspace(pauseOrContinue),
  kill: onWorkspace(chooseSignal),
  remove: (context) => remove(context, false),
  'remove-force': (context) => remove(context, true),
  run: onWorkspace(openRunForm),
  'toggle-all': onWorkspace(({ view }) => view.setState(({ showsAll }) => ({ showsAll: !showsAll }))),
  sort: onWorkspace(chooseSort),
  reverse: onWorkspace(reverseSort),
  columns: onWorkspace(chooseColumns),
  mark: toggleMark,
  'mark-range': markRange,
  'mark-all': onWorkspace(markAll),
  'mark-none': onWorkspace(markNone),
  bulk: openBulkMenu,
  prune: onWorkspace(prune),
  'create-volume': onWorkspace(openCreateVolume),
  'create-network': onWorkspace(openCreateNetwork),
  connect: openConnect,
  disconnect: onWorkspace(openDisconnect),
  'show-network': onWorkspace((workspace) => showTab(workspace, 'network')),
  'network-traffic': onWorkspace((workspace) => showNetworkTab(workspace, 'traffic')),
  'network-inspect': onWorkspace((workspace) => showNetworkTab(workspace, 'inspect')),
  pull: onWorkspace(openPull),
  push: onWorkspace(openPush),
  tag: onWorkspace(openTag),
  save: onWorkspace(openSave),
  load: onWorkspace(openLoad),
  login: onWorkspace((workspace) => openLogin(workspace)),
  transfers: onWorkspace(openTransfers),
  contexts: (context) => void chooseContext(context),
  theme: chooseTheme,
  mouse: onWorkspace(toggleMouse),
  'own-commands': chooseOwnCommand,
  'open-port': openPort,
  'image-history': onWorkspace((workspace) => showImageTab(workspace, 'history')),
  'image-inspect': onWorkspace((workspace) => showImageTab(workspace, 'inspect')),
  'image-containers': onWorkspace((workspace) => showImageTab(workspace, 'containers')),
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
  'tune-live': toggleLive,
  'tune-apply': onWorkspace(applyLimits),
  'tune-type': onWorkspace((workspace) => openTyping(workspace, '')),
  'log-follow': onWorkspace(toggleFollow),
  'log-search': onWorkspace(openSearch),
  'log-next': (context) => findMatch(context, 1),
  'log-previous': (context) => findMatch(context, -1),
  'log-wrap': onWorkspace(({ view }) => view.setLogs({ isWrapped: !view.getState().logs.isWrapped })),
  'log-time': onWorkspace(({ view }) => view.setLogs({ showsTime: !view.getState().logs.showsTime })),
  'log-clear': onWorkspace(({ logs }) => logs.clear()),
  'log-keep': onWorkspace((workspace) => openLogFilter(workspace, 'keep')),
  'log-hide': onWorkspace((workspace) => openLogFilter(workspace, 'hide')),
  'log-mark': onWorkspace(({ logs }) => logs.mark()),
  'log-json': onWorkspace(({ view }) => view.setLogs({ isPretty: !view.getState().logs.isPretty })),
  'log-save': openLogSave,
  'log-tail': onWorkspace((workspace) => showWindow(workspace, 'tail')),
  'log-head': onWorkspace((workspace) => showWindow(workspace, 'head')),
  'log-1m': onWorkspace((workspace) => showWindow(workspace, '1m')),
  'log-5m': onWorkspace((workspace) => showWindow(workspace, '5m')),
  'log-15m': onWorkspace((workspace) => showWindow(workspace, '15m')),
  'log-30m': onWorkspace((workspace) => showWindow(workspace, '30m')),
  'log-1h': onWorkspace((workspace) => showWindow(workspace, '1h')),
  'log-left': onWorkspace((workspace) => scrollSideways(workspace, -16)),
  'log-right': onWorkspace((workspace) => scrollSideways(workspace, 16)),
  ...GRAPH_RUNNERS,
  ...FILE_RUNNERS,
  ...SESSION_RUNNERS,
  ...PROJECT_RUNNERS,
};

function focus(name: PaneName): Run {
  return ({ workspace }) => focusPane(workspace, name);
}

function open(context: CommandContext): void {
  const { workspace } = context;
  const { list, focus: current } = workspace.view.getState();
  if (list === 'networks') workspace.view.setState({ networkTab: 'network', ...SCROLL_START });
  if (current === 'containers' && workspace.selectedProject() !== undefined) PROJECT_RUNNERS['fold-project'](context);
  else if (opensRunForm(workspace)) openRunForm(workspace);
  else focusPane(workspace, 'detail');
}

function opensRunForm({ view, selectedContainer, selectedProject }: Workspace): boolean {
  return view.getState().list === 'containers' && selectedContainer() === undefined && selectedProject() === undefined;
}

/** One step back; false where there is nothing to go back from. */
function goBack(workspace: Workspace): boolean {
  const { view } = workspace;
  const { focus: current, lists, zoom: size, showsLayers, showsSessions } = view.getState();
  if (!isListName(current)) {
    leavePane(workspace);
  } else if (lists[current].filter !== '') {
    view.setList(current, { filter: '' });
  } else if (markedKeys(workspace).size > 0) {
    markNone(workspace);
  } else if (size !== 'normal') {
    view.setState({ zoom: 'normal' });
  } else if (showsSessions) {
    view.setState({ showsSessions: false });
  } else if (showsLayers) {
    view.setState({ showsLayers: false });
  } else if (current !== 'containers') {
    focusPane(workspace, 'containers');
  } else {
    return false;
  }
  return true;
}

/** To the list that the pane is of, unless there is something in the pane to take back first. */
function leavePane(workspace: Workspace): void {
  const { view, limits } = workspace;
  const state = view.getState();
  const isLog = activeContexts(state)[0] === 'logs';
  const isGraph = activeContexts(state).includes('stats');
  if (state.focus === 'sessions') leaveSessions(workspace);
  else if (state.focus === 'files' || state.focus === 'layers') leaveFiles(workspace);
  else if (Object.keys(limits.getState().draft).length > 0) limits.dropDraft();
  else if (isGraph && leaveGraphs(workspace)) view.say('info', 'the graphs move');
  else if (isLog && clearLogFilter(workspace)) view.say('info', 'filters of the log cleared');
  else view.setState({ focus: state.list, zoom: 'normal', showsImageDetails: false });
}

function copySelected({ workspace, copy }: CommandContext): void {
  const { list } = workspace.view.getState();
  const container = workspace.selectedContainer()?.id ?? workspace.selectedProject()?.name;
  const key = list === 'containers' ? container : selectedKey(workspace);
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

function prune(workspace: Workspace): void {
  const { list } = workspace.view.getState();
  if (list === 'images') pruneImages(workspace);
  else if (list === 'volumes') void pruneVolumes(workspace);
  else if (list === 'networks') void pruneNetworks(workspace);
  else void pruneContainers(workspace);
}

function remove(context: CommandContext, isForced: boolean): void {
  const { workspace } = context;
  const { list } = workspace.view.getState();
  if (list === 'containers') removeContainers(context, isForced);
  else if (list === 'images') removeImages(context, isForced);
  else if (list === 'volumes') removeVolumes(workspace);
  else removeNetworks(workspace);
}

/** Takes back what was done last, limits or something else. */
function undoLast({ limits, undo }: Workspace): void {
  const limitsMs = limits.getState().undo.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  const otherMs = undo.lastMs() ?? Number.NEGATIVE_INFINITY;
  if (otherMs > limitsMs) void undo.undoLast();
  else void limits.undoLast();
}

function toggleMouse({ view }: Workspace): void {
  const mouse = !view.getState().mouse;
  view.setState({ mouse });
  view.say('info', mouse ? "the mouse is the screen's" : "the mouse is the terminal's: select text with it");
}
