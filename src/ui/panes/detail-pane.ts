import { logSources } from '../../store/detail-follower.js';
import type { DetailTab, Size } from '../../store/view-store.js';
import { shownTabs } from '../commands/navigation.js';
import { nameSome } from '../commands/questions.js';
import type { PaintContext } from '../paint-context.js';
import { drawFrame, insideOfFrame } from '../rows/frame.js';
import { drawScrolled, scrollNotes } from '../rows/scrolled-lines.js';
import { fitText } from '../terminal/ansi-text.js';
import { detailTitle } from './detail-text.js';
import { paintImagePane } from './image-pane.js';
import { logsNotes, paintLogsTab } from './logs-tab.js';
import { paintNetworkPane } from './network-pane.js';
import { readContainerText } from './pane-text.js';
import { paintProjectGraphs } from './project-lines.js';
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
  const text = readContainerText(context, tab, insideOfFrame({ width, height }));
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
      notes: text === undefined ? drawnNotes(context, tab, { width, height }) : [],
      notesBelow: text === undefined ? [] : scrollNotes(context, 'detail', text.lines, text),
      content: (innerWidth, innerHeight) =>
        text === undefined
          ? paintTab(context, tab, innerWidth, innerHeight)
          : drawScrolled(context, 'detail', text.lines, text),
    },
    theme,
    glyphs,
  );
}

/** A detail in a pane of its own, on screens that have room for it. */
export function paintSidePane(
  context: PaintContext,
  pane: { readonly tab: 'tune' | 'namespaces' | 'logs'; readonly isFocused: boolean },
  width: number,
  height: number,
): string[] {
  const { workspace, theme, glyphs } = context;
  const titles = {
    tune: 'Tune',
    namespaces: 'Namespaces',
    logs: `Logs ${nameSome(logSources(workspace).map(({ name }) => name))}`,
  };
  const { tab } = pane;
  const text = readContainerText(context, tab, insideOfFrame({ width, height }));
  return drawFrame(
    {
      width,
      height,
      isFocused: pane.isFocused,
      title: theme.style('title', titles[tab]),
      notes: text === undefined ? drawnNotes(context, tab, { width, height }) : [],
      notesBelow: tab === 'namespaces' && text !== undefined ? scrollNotes(context, tab, text.lines, text) : [],
      content: (innerWidth, innerHeight) => {
        if (text === undefined) return paintTab(context, tab, innerWidth, innerHeight);
        return tab === 'namespaces' ? drawScrolled(context, tab, text.lines, text) : text.lines;
      },
    },
    theme,
    glyphs,
  );
}

/** What the border says of graphs, sliders and logs. */
function drawnNotes(context: PaintContext, tab: DetailTab, frame: Size): readonly string[] {
  if (tab === 'logs') return logsNotes(context);
  if (tab === 'tune') return tuneNotes(context);
  const { width, height } = insideOfFrame(frame);
  return tab === 'stats' ? statsNotes(context, width, height) : [];
}

/** What is not a text: graphs, sliders, a log. */
function paintTab(context: PaintContext, tab: DetailTab, width: number, height: number): readonly string[] {
  const { workspace } = context;
  const project = workspace.selectedProject();
  if (tab === 'logs') return paintLogsTab(context, width, height);
  if (project !== undefined) return paintProjectGraphs(context, project, width, height);
  const container = workspace.selectedContainer();
  if (container === undefined) return [];
  return tab === 'tune'
    ? paintTuneTab(context, container, width, height)
    : paintStatsTab(context, container, width, height);
}

function tuneNotes({ workspace, theme }: PaintContext): readonly string[] {
  const { isLive } = workspace.limits.getState();
  return isLive ? [theme.style('ok', 'live')] : [];
}
