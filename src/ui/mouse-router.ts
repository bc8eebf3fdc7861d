import { scrollTop, selectedIndex } from '../store/list-rows.js';
import { type ListName, type PaneName, SCROLL_START } from '../store/view-store.js';
import type { Workspace } from '../store/workspace.js';
import type { CommandContext } from './commands/command-context.js';
import { focusPane, isListName, listKeys, move, showImageTab, showNetworkTab, showTab } from './commands/navigation.js';
import { runCommand } from './commands/run-command.js';
import { sortByColumn } from './commands/sort-commands.js';
import { clickDialog } from './dialogs/dialog-click.js';
import { handleDialogKey } from './dialogs/dialog-keys.js';
import type { Layout } from './layout.js';
import type { PaintContext } from './paint-context.js';
import { footerItems } from './panes/chrome.js';
import { CONTAINER_TAB_NAMES } from './panes/detail-pane.js';
import { IMAGE_TAB_NAMES } from './panes/image-pane.js';
import { NETWORK_TAB_NAMES } from './panes/network-pane.js';
import { COLUMN_NAMES } from './rows/column-names.js';
import { cellsOf, stripStyles } from './terminal/ansi-text.js';
import type { MouseEvent } from './terminal/mouse.js';
import { hasCell, type Rect } from './terminal/rect.js';

export interface MouseScreen {
  readonly paint: PaintContext;
  readonly commands: CommandContext;
  readonly layout: Layout;
  /** A row of a pane as it is painted. */
  paintedRow(pane: PaneName, y: number): string;
}

/** Rows that one step of the wheel goes. */
const WHEEL_ROWS = 3;

/** Where a click or a step of the wheel goes: to the dialog, the pane, the tab or the footer's key that is there. */
export function routeMouse(screen: MouseScreen, event: MouseEvent): void {
  const { commands, layout } = screen;
  const { dialog, prompt } = commands.workspace.view.getState();
  if (dialog !== undefined) {
    if (event.kind === 'click') clickDialog(screen, dialog, event);
    else handleDialogKey(commands, dialog, event.kind === 'wheel-up' ? 'up' : 'down');
    return;
  }
  // What is typed stays where it is until enter or escape.
  if (prompt !== undefined) return;
  const found = findPane(layout, event);
  if (event.kind !== 'click') {
    if (found !== undefined) turnWheel(commands, found.name, event.kind);
  } else if (found !== undefined) {
    clickPane(screen, found.name, found.rect, event);
  } else if (layout.footer !== undefined && event.y === layout.footer.y) {
    clickFooter(screen, event.x);
  }
}

interface FoundPane {
  readonly name: PaneName;
  readonly rect: Rect;
}

function findPane({ panes }: Layout, at: MouseEvent): FoundPane | undefined {
  const found = (Object.entries(panes) as [PaneName, Rect][]).find(([, rect]) => hasCell(rect, at));
  return found && { name: found[0], rect: found[1] };
}

function turnWheel(commands: CommandContext, pane: PaneName, kind: 'wheel-up' | 'wheel-down'): void {
  focusPane(commands.workspace, pane);
  for (let i = 0; i < WHEEL_ROWS; i++) move(commands, kind === 'wheel-up' ? 'up' : 'down');
}

function clickPane(screen: MouseScreen, pane: PaneName, rect: Rect, { x, y }: MouseEvent): void {
  const { workspace } = screen.commands;
  focusPane(workspace, pane);
  const hasFrame = screen.layout.kind !== 'tiny' && rect.width >= 4 && rect.height >= 3;
  if (pane === 'detail' && y === rect.y && hasFrame) clickTab(workspace, screen.paintedRow(pane, 0), x - rect.x);
  const inner = hasFrame ? rect.height - 2 : rect.height;
  const titles = inner >= 3 ? 1 : 0;
  const row = y - rect.y - (hasFrame ? 1 : 0) - titles;
  const room = inner - titles;
  if (row === -1 && titles === 1 && isListName(pane))
    clickTitle(workspace, pane, screen.paintedRow(pane, hasFrame ? 1 : 0), x - rect.x);
  if (row < 0 || row >= room) return;
  if (isListName(pane)) clickRow(workspace, pane, row, room);
  else if (pane === 'files' || pane === 'layers') clickFile(workspace, pane, row, room);
}

function clickRow(workspace: Workspace, list: ListName, row: number, room: number): void {
  const keys = listKeys(workspace, list);
  const state = workspace.view.getState().lists[list];
  const top = scrollTop(state.top, selectedIndex(keys, state), room, keys.length);
  const index = top + row;
  if (keys[index] === undefined) return;
  workspace.view.setState(SCROLL_START);
  workspace.view.setList(list, { index, selectedKey: keys[index], top });
}

function clickFile({ files }: Workspace, pane: 'files' | 'layers', row: number, room: number): void {
  const state = files.getState();
  if (pane === 'layers') {
    const layer = scrollTop(0, state.layer, room, state.layers.length) + row;
    if (layer < state.layers.length) files.selectLayer(layer);
  } else if (state.showsWaste) {
    const count = state.waste?.paths.length ?? 0;
    const top = scrollTop(state.wasteTop, state.wasteCursor, room, count);
    if (top + row < count) files.setState({ wasteCursor: top + row, wasteTop: top });
  } else {
    const top = scrollTop(state.top, state.cursor, room, state.rows.length);
    if (top + row < state.rows.length) files.setState({ cursor: top + row, top });
  }
}

/** A column is found by its title. */
function clickTitle(workspace: Workspace, list: ListName, titles: string, x: number): void {
  const text = stripStyles(titles);
  const title = COLUMN_NAMES[list].find((name) => {
    const at = ` ${text} `.indexOf(` ${name} `);
    return at >= 0 && x >= at && x < at + name.length;
  });
  if (title !== undefined) sortByColumn(workspace, title);
}

/** A tab is found by its word in the title. */
function clickTab(workspace: Workspace, title: string, x: number): void {
  const word = wordAt(title, x);
  const { list } = workspace.view.getState();
  const find = <Tab extends string>(names: Readonly<Record<Tab, string>>) =>
    (Object.keys(names) as Tab[]).find((tab) => names[tab] === word);
  if (list === 'containers') {
    const tab = find(CONTAINER_TAB_NAMES);
    if (tab !== undefined) showTab(workspace, tab);
  } else if (list === 'images') {
    const tab = find(IMAGE_TAB_NAMES);
    if (tab !== undefined) showImageTab(workspace, tab);
  } else if (list === 'networks') {
    const tab = find(NETWORK_TAB_NAMES);
    if (tab !== undefined) showNetworkTab(workspace, tab);
  }
}

/** The word between spaces that has the cell `x`, without brackets. */
function wordAt(text: string, x: number): string {
  const cells = cellsOf(text);
  const isPart = (at: number) => (cells[at] ?? ' ') !== ' ';
  if (!isPart(x)) return '';
  let from = x;
  while (isPart(from - 1)) from--;
  let to = x;
  while (isPart(to + 1)) to++;
  return cells
    .slice(from, to + 1)
    .join('')
    .replaceAll(/[[\]]/g, '');
}

function clickFooter({ paint, commands, layout }: MouseScreen, x: number): void {
  const item = footerItems(paint, layout.columns).find((each) => x >= each.x && x < each.x + each.width);
  if (item !== undefined) runCommand(commands, item.binding.command);
}
