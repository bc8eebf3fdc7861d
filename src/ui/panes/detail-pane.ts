import type { Container } from '../../model/container.js';
import { logSources } from '../../store/detail-follower.js';
import type { DetailTab } from '../../store/view-store.js';
import type { Command } from '../command.js';
import { shownTabs } from '../commands/navigation.js';
import { nameSome } from '../commands/questions.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { drawFrame } from '../rows/frame.js';
import { fitText } from '../terminal/ansi-text.js';
import { containerNetworkLines } from './container-network-lines.js';
import { detailLines } from './detail-lines.js';
import { detailTitle } from './detail-text.js';
import { paintImagePane } from './image-pane.js';
import { layersTableHeight } from './layers-table.js';
import { logsNotes, paintLogsTab } from './logs-tab.js';
import { paintNetworkPane } from './network-pane.js';
import { paintProjectTab } from './project-lines.js';
import { paintStatsTab, statsNotes } from './stats-tab.js';
import { paintTuneTab } from './tune-tab.js';
import { paintVolumePane } from './volume-pane.js';

export const CONTAINER_TAB_NAMES: Readonly<Record<DetailTab, string>> = {
  stats: 'Stats',
  logs: 'Logs',
  tune: 'Tune',
  network: 'Net',
  namespaces: 'NS',
  security: 'Sec',
  top: 'Top',
  layers: 'Layers',
  inspect: 'Inspect',
};

/** The details of what is selected, with their tabs in the title. */
export function paintDetailPane(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme, glyphs } = context;
  const { tab, list, panes } = workspace.view.getState();
  if (list === 'images') return paintImagePane(context, isFocused, width, height);
  if (list === 'volumes') return paintVolumePane(context, isFocused, width, height);
  if (list === 'networks') return paintNetworkPane(context, isFocused, width, height);
  const container = workspace.selectedContainer();
  const project = workspace.selectedProject();
  const name = theme.style(
    'title',
    fitText(container?.name ?? project?.name ?? 'nothing selected', Math.min(24, Math.max(6, width - 52))).trimEnd(),
  );
  const names = shownTabs(panes);
  const tabs = names.map((each) =>
    each === tab
      ? theme.style('tab', `[${CONTAINER_TAB_NAMES[each]}]`)
      : theme.style('muted', CONTAINER_TAB_NAMES[each]),
  );
  return drawFrame(
    {
      width,
      height,
      isFocused,
      title: detailTitle(name, tabs, Math.max(0, names.indexOf(tab)), width),
      notes: tab === 'logs' ? logsNotes(context) : tab === 'stats' ? statsNotes(context, width - 4, height - 2) : [],
      content: (innerWidth, innerHeight) => {
        if (project !== undefined) return paintProjectTab(context, { tab, project }, innerWidth, innerHeight);
        return container === undefined
          ? firstSteps(context)
          : paintTab(context, { tab, container }, innerWidth, innerHeight);
      },
    },
    theme,
    glyphs,
  );
}

/** What there is to do on a host without containers. */
function firstSteps({ theme, workspace, bindings }: PaintContext): readonly string[] {
  if (workspace.containers.getState().byId.size > 0) return [];
  const step = (command: Command, text: string) =>
    `${theme.style('key', keyOf(bindings, command).padStart(7))}  ${text}`;
  return [
    step('open', 'run a container from the first image; the form asks for name, command and limits'),
    step('pane-2', `images: those marked "built in" need no network; ${keyOf(bindings, 'pull')} pulls one`),
    step('tune', 'move memory and CPU limits of a running container, live'),
    step('shell', 'a shell inside it'),
    step('palette', 'everything that can be done, by name'),
    step('help', 'all keys'),
    step('quit', 'leave; containers run on'),
  ];
}

/** A detail in a pane of its own, on screens that have room for it. */
export function paintSidePane(
  context: PaintContext,
  pane: { readonly tab: 'tune' | 'namespaces' | 'logs'; readonly isFocused: boolean },
  width: number,
  height: number,
): string[] {
  const { workspace, theme, glyphs } = context;
  const container = workspace.selectedContainer();
  const project = workspace.selectedProject();
  const titles = {
    tune: 'Tune',
    namespaces: 'Namespaces',
    logs: `Logs ${nameSome(logSources(workspace).map(({ name }) => name))}`,
  };
  const notes = { tune: tuneNotes(context), namespaces: [], logs: logsNotes(context) };
  return drawFrame(
    {
      width,
      height,
      isFocused: pane.isFocused,
      title: theme.style('title', titles[pane.tab]),
      notes: notes[pane.tab],
      content: (innerWidth, innerHeight) => {
        if (project !== undefined) return paintProjectTab(context, { tab: pane.tab, project }, innerWidth, innerHeight);
        return container === undefined ? [] : paintTab(context, { tab: pane.tab, container }, innerWidth, innerHeight);
      },
    },
    theme,
    glyphs,
  );
}

function paintTab(
  context: PaintContext,
  shown: { readonly tab: DetailTab; readonly container: Container },
  width: number,
  height: number,
): readonly string[] {
  const { tab, container } = shown;
  switch (tab) {
    case 'stats':
      return paintStatsTab(context, container, width, height);
    case 'tune':
      return paintTuneTab(context, container, width, height);
    case 'logs':
      return paintLogsTab(context, width, height);
    default: {
      const lines =
        tab === 'network'
          ? containerNetworkLines(context, container)
          : detailLines(context, tab, container, { width, height });
      const isTab = context.workspace.view.getState().tab === tab;
      const room = height - (tab === 'layers' ? tableHeight(context, width, height) : 0);
      const top = isTab ? Math.min(context.workspace.view.getState().detailTop, Math.max(0, lines.length - room)) : 0;
      return lines.slice(top, top + room);
    }
  }
}

function tableHeight({ workspace }: PaintContext, width: number, height: number): number {
  const { layers } = workspace.details.getState();
  return layers?.status === 'ready' ? layersTableHeight(width, height, layers.value.history.length) : 0;
}

function tuneNotes({ workspace, theme }: PaintContext): readonly string[] {
  const { isLive } = workspace.limits.getState();
  return isLive ? [theme.style('ok', 'live')] : [];
}
