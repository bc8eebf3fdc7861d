import { selectImageRows } from '../../store/image-rows.js';
import { scrollTop, selectedIndex } from '../../store/list-rows.js';
import { rowKey } from '../../store/listed-row.js';
import { selectNetworkRows } from '../../store/network-rows.js';
import { selectListedRows } from '../../store/project-rows.js';
import {
  DETAIL_TABS,
  type DetailTab,
  IMAGE_TABS,
  type ImageTab,
  isExploring,
  LIST_NAMES,
  type ListName,
  NETWORK_TABS,
  type NetworkTab,
  type PaneName,
  SCROLL_START,
  type Scrolled,
  type TextPane,
  type ViewState,
} from '../../store/view-store.js';
import { selectVolumeRows } from '../../store/volume-rows.js';
import type { Workspace } from '../../store/workspace.js';
import type { CommandContext } from './command-context.js';
import { scrollGraphs } from './graph-commands.js';

export type Motion = 'down' | 'up' | 'first' | 'last' | 'half-down' | 'half-up' | 'page-down' | 'page-up';

export type MoveContext = Pick<CommandContext, 'workspace' | 'sessions' | 'textExtent'>;

/** Moves in the focused pane: the selection of a list, or the text of a detail. */
export function move(context: MoveContext, motion: Motion): void {
  const { workspace } = context;
  const { focus, tab, list } = workspace.view.getState();
  if (isListName(focus)) moveSelection(workspace, focus, motion);
  else if (focus === 'layers' || focus === 'files') moveInFiles(workspace, focus, motion);
  else if (focus === 'sessions') scrollSession(context, motion);
  else if (focus === 'logs' || (focus === 'detail' && tab === 'logs')) scrollLogs(workspace, motion);
  else if (focus === 'detail' && tab === 'stats' && list === 'containers') scrollGraphs(workspace, motion);
  else if (focus === 'detail' || focus === 'namespaces') scrollText(context, motion);
}

export function isListName(name: PaneName): name is ListName {
  return LIST_NAMES.some((list) => list === name);
}

/** Gives a pane the focus; one that has no place becomes the tab of the details. */
export function focusPane(workspace: Workspace, name: PaneName): void {
  const { view } = workspace;
  if (isListName(name)) {
    const isOther = view.getState().list !== name;
    view.setState({ focus: name, list: name, ...SCROLL_START, ...(isOther ? { showsLayers: false } : {}) });
  } else if (name === 'sessions') {
    view.setState({ focus: name });
  } else if (name === 'detail' && isExploring({ ...view.getState(), showsSessions: false })) {
    view.setState({ focus: 'files', showsSessions: false });
  } else if (name === 'layers' || name === 'files') {
    view.setState({ focus: name });
  } else if (name !== 'detail' && name !== 'compare' && !view.getState().panes.includes(name)) {
    view.setState({ focus: 'detail', tab: name, ...SCROLL_START, showsSessions: false });
  } else {
    view.setState({ focus: name, showsSessions: false });
  }
}

/** Shows a detail of the selected container and gives it the focus. */
export function showTab(workspace: Workspace, tab: DetailTab): void {
  const { view } = workspace;
  if (view.getState().list !== 'containers') view.setState({ list: 'containers' });
  view.setState({ showsLayers: false, showsSessions: false });
  if ((tab === 'tune' || tab === 'namespaces' || tab === 'logs') && view.getState().panes.includes(tab)) {
    view.setState({ focus: tab });
  } else {
    view.setState({ focus: 'detail', tab, ...SCROLL_START });
  }
}

/** Shows a detail of the selected image and gives it the focus. */
export function showImageTab({ view }: Workspace, imageTab: ImageTab): void {
  view.setState({
    list: 'images',
    focus: 'detail',
    showsImageDetails: true,
    showsSessions: false,
    imageTab,
    ...SCROLL_START,
  });
}

/** Shows a detail of the selected network and gives it the focus. */
export function showNetworkTab({ view }: Workspace, networkTab: NetworkTab): void {
  view.setState({ list: 'networks', focus: 'detail', showsSessions: false, networkTab, ...SCROLL_START });
}

/** The tabs of the details: what has a pane of its own is not shown twice. */
export function shownTabs(panes: readonly PaneName[]): readonly DetailTab[] {
  return DETAIL_TABS.filter((tab) => !panes.some((pane) => pane === tab));
}

/** What changes with the panes of another layout: a tab that got a pane of its own goes there, one that lost it comes back. */
export function settleFocus(state: ViewState, panes: readonly PaneName[]): Partial<Pick<ViewState, 'focus' | 'tab'>> {
  const { focus, tab, list } = state;
  if (focus === 'layers' || focus === 'files') return isExploring(state) ? {} : { focus: list };
  if (focus === 'compare') return panes.includes(focus) ? {} : { focus: 'detail' };
  if (focus === 'sessions' || state.showsSessions) return settleSessions(state);
  if (isPaneTab(tab) && panes.includes(tab)) return { tab: 'stats', ...(focus === 'detail' ? { focus: tab } : {}) };
  return isPaneTab(focus) && !panes.includes(focus) ? { focus: 'detail', tab: focus } : {};
}

/** What is a tab of the details, or a pane of its own where there is room. */
function isPaneTab(name: PaneName | DetailTab): name is PaneName & DetailTab {
  return name === 'tune' || name === 'namespaces' || name === 'logs';
}

/** What stands in the place of the details has no tabs of theirs. */
function settleSessions({ focus, list, showsSessions }: ViewState): Partial<Pick<ViewState, 'focus'>> {
  return showsSessions === (focus === 'sessions') || isListName(focus) ? {} : { focus: list };
}

export function stepTab(workspace: Workspace, step: 1 | -1): void {
  const { view } = workspace;
  const { list, imageTab, networkTab, tab, panes } = view.getState();
  if (list === 'images') view.setState({ imageTab: stepIn(IMAGE_TABS, imageTab, step), ...SCROLL_START });
  else if (list === 'networks') view.setState({ networkTab: stepIn(NETWORK_TABS, networkTab, step), ...SCROLL_START });
  // Of a volume there is one.
  else if (list === 'containers')
    view.setState({ tab: stepIn(shownTabs(panes), tab, step), ...SCROLL_START, showsLayers: false });
}

function stepIn<Tab>(tabs: readonly Tab[], current: Tab, step: 1 | -1): Tab {
  return tabs[(tabs.indexOf(current) + step + tabs.length) % tabs.length] ?? current;
}

export function stepPane(workspace: Workspace, step: 1 | -1): void {
  const { panes, focus, list } = workspace.view.getState();
  // Where only one pane has a place, the step goes between the list and its details.
  const plain: readonly PaneName[] = panes.length > 1 ? panes : [list, 'detail'];
  const explored: readonly PaneName[] = list === 'volumes' ? [list, 'files'] : [list, 'layers', 'files'];
  const { showsSessions } = workspace.view.getState();
  const beside: readonly PaneName[] = panes.length > 1 ? panes : [list, 'sessions'];
  const order = showsSessions ? beside : isExploring(workspace.view.getState()) ? explored : plain;
  const index = order.indexOf(focus);
  focusPane(workspace, order[(index + step + order.length) % order.length] ?? list);
}

/** Keys of a list's rows, in order. */
export function listKeys(workspace: Workspace, name: ListName): readonly string[] {
  const view = workspace.view.getState();
  const resources = workspace.resources.getState();
  switch (name) {
    case 'containers':
      return selectListedRows(workspace.containers.getState(), workspace.stats.getState(), view).map(rowKey);
    case 'images':
      return selectImageRows(resources, workspace.containers.getState(), view).map(({ key }) => key);
    case 'volumes':
      return selectVolumeRows(resources, workspace.containers.getState(), view).map((volume) => volume.name);
    case 'networks':
      return selectNetworkRows(resources, workspace.containers.getState(), view).map(({ id }) => id);
  }
}

function moveSelection(workspace: Workspace, name: ListName, motion: Motion): void {
  const { lists, listHeights } = workspace.view.getState();
  const keys = listKeys(workspace, name);
  if (keys.length === 0) return;
  const list = lists[name];
  const height = listHeights[name] ?? 1;
  const index = target(motion, selectedIndex(keys, list), keys.length, height);
  if (name !== 'containers' && index !== selectedIndex(keys, list)) workspace.view.setState(SCROLL_START);
  workspace.view.setList(name, {
    index,
    selectedKey: keys[index],
    top: scrollTop(list.top, index, height, keys.length),
  });
}

/** In the layers the next one is shown, in the files the cursor moves. */
function moveInFiles({ files, view }: Workspace, pane: 'layers' | 'files', motion: Motion): void {
  const state = files.getState();
  const height = view.getState().listHeights[pane] ?? 1;
  if (pane === 'layers') {
    if (state.layers.length > 0) files.selectLayer(target(motion, state.layer, state.layers.length, height));
    return;
  }
  const count = state.showsWaste ? (state.waste?.paths.length ?? 0) : state.rows.length;
  if (count === 0) return;
  const cursor = target(motion, state.showsWaste ? state.wasteCursor : state.cursor, count, height);
  const top = scrollTop(state.showsWaste ? state.wasteTop : state.top, cursor, height, count);
  files.setState(state.showsWaste ? { wasteCursor: cursor, wasteTop: top } : { cursor, top });
}

function scrollLogs(workspace: Workspace, motion: Motion): void {
  const { ring, selection } = workspace.logs.getState();
  const { logs } = workspace.view.getState();
  selection.refresh();
  if (selection.count === 0) return;
  const from = selection.place(logs.isFollowing ? ring.end - 1 : logs.bottom);
  const to = selection.number(target(motion, from, selection.count, 20));
  workspace.view.setLogs({ isFollowing: motion === 'last', bottom: to });
}

function scrollSession({ sessions }: MoveContext, motion: Motion): void {
  const emulator = sessions.current()?.emulator;
  if (emulator === undefined) return;
  const { baseY, viewportY } = emulator.terminal.buffer.active;
  emulator.scroll(target(motion, viewportY, baseY + 1, emulator.terminal.rows - 1) - viewportY);
  sessions.setState(({ version }) => ({ version: version + 1 }));
}

/** The text of the pane that has the focus; its last lines stay in sight. */
function scrollText({ workspace, textExtent }: MoveContext, motion: Motion): void {
  const pane = textPaneOf(workspace);
  const { count, height } = textExtent(pane);
  const tops = Math.max(1, count - height + 1);
  const from = Math.min(workspace.view.getState().scrolled[pane].top, tops - 1);
  setScrolled(workspace, pane, { top: target(motion, from, tops, Math.max(1, height - 1)) });
}

/** Cells of one step. */
const SIDEWAYS_STEP = 8;

/** Of lines that are wider than the pane, what is beside it. */
export function scrollTextSideways({ workspace, textExtent }: MoveContext, step: 1 | -1): void {
  const pane = textPaneOf(workspace);
  const { widest, width } = textExtent(pane);
  const most = Math.max(0, widest - width);
  const from = Math.min(workspace.view.getState().scrolled[pane].left, most);
  setScrolled(workspace, pane, { left: Math.max(0, Math.min(most, from + step * SIDEWAYS_STEP)) });
}

const textPaneOf = ({ view }: Workspace): TextPane =>
  view.getState().focus === 'namespaces' ? 'namespaces' : 'detail';

function setScrolled({ view }: Workspace, pane: TextPane, change: Partial<Scrolled>): void {
  view.setState(({ scrolled }) => ({ scrolled: { ...scrolled, [pane]: { ...scrolled[pane], ...change } } }));
}

function target(motion: Motion, from: number, count: number, page: number): number {
  const steps: Readonly<Record<Motion, number>> = {
    down: 1,
    up: -1,
    first: -count,
    last: count,
    'half-down': Math.ceil(page / 2),
    'half-up': -Math.ceil(page / 2),
    'page-down': page,
    'page-up': -page,
  };
  return Math.max(0, Math.min(count - 1, from + steps[motion]));
}
