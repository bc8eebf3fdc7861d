import { isAlive } from '../../store/list-rows.js';
import type { DetailTab, Size, TextPane } from '../../store/view-store.js';
import type { Command } from '../command.js';
import type { TextExtent } from '../commands/command-context.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { widestOf } from '../rows/scrolled-lines.js';
import { fillHanging } from '../rows/text-lines.js';
import { containerNetworkLines } from './container-network-lines.js';
import { detailLines } from './detail-lines.js';
import { imageLines } from './image-pane.js';
import { layersTableHeight } from './layers-table.js';
import { networkLines } from './network-pane.js';
import { projectLines } from './project-lines.js';
import { volumeLines } from './volume-pane.js';

/** The lines of a text, and the cells of its pane that are its own. */
export interface PaneText extends Size {
  readonly lines: readonly string[];
}

/** How much there is to scroll in a pane; nothing where it shows no text. */
export function measurePaneText(context: PaintContext, pane: TextPane): TextExtent {
  const size = context.workspace.view.getState().insides[pane] ?? { width: 1, height: 1 };
  const { lines, width, height } = readPaneText(context, pane, size) ?? { lines: [], ...size };
  return { count: lines.length, widest: widestOf(lines), width, height };
}

function readPaneText(context: PaintContext, pane: TextPane, size: Size): PaneText | undefined {
  const { list, tab, scrolled } = context.workspace.view.getState();
  const { width, height } = size;
  if (pane === 'namespaces') return readContainerText(context, pane, size);
  switch (list) {
    case 'containers':
      return readContainerText(context, tab, size);
    case 'images':
      return { ...size, lines: imageLines(context, width) };
    case 'volumes':
      return { ...size, lines: volumeLines(context) };
    case 'networks':
      return { ...size, lines: networkLines(context, width, { top: scrolled.detail.top, height }) };
  }
}

/** A tab of the selected container or project, or what to do where there is none; undefined: it is graphs, sliders or a log. */
export function readContainerText(context: PaintContext, tab: DetailTab, size: Size): PaneText | undefined {
  const { workspace } = context;
  const project = workspace.selectedProject();
  if (project !== undefined) {
    const isDrawn = tab === 'logs' || (tab === 'stats' && project.members.some(isAlive));
    return isDrawn ? undefined : { ...size, lines: projectLines(context, project, size.width) };
  }
  const container = workspace.selectedContainer();
  if (container === undefined) return { ...size, lines: firstSteps(context, size.width) };
  if (tab === 'stats' || tab === 'tune' || tab === 'logs') return undefined;
  const height = Math.max(1, size.height - (tab === 'layers' ? tableHeight(context, size) : 0));
  const lines =
    tab === 'network' ? containerNetworkLines(context, container) : detailLines(context, tab, container, size);
  return { lines, width: size.width, height };
}

function tableHeight({ workspace }: PaintContext, { width, height }: Size): number {
  const { layers } = workspace.details.getState();
  return layers?.status === 'ready' ? layersTableHeight(width, height, layers.value.history.length) : 0;
}

/** What there is to do on a host without containers. */
function firstSteps({ theme, workspace, bindings }: PaintContext, width: number): readonly string[] {
  if (workspace.containers.getState().byId.size > 0) return [];
  const step = (command: Command, text: string) =>
    fillHanging(`${theme.style('key', keyOf(bindings, command).padStart(7))}  `, text, width);
  return [
    step('open', 'run a container from the first image; the form asks for name, command and limits'),
    step('pane-2', `images: those marked "built in" need no network; ${keyOf(bindings, 'pull')} pulls one`),
    step('tune', 'move memory and CPU limits of a running container, live'),
    step('shell', 'a shell inside it'),
    step('palette', 'everything that can be done, by name'),
    step('help', 'all keys'),
    step('quit', 'leave; containers run on'),
  ].flat();
}
