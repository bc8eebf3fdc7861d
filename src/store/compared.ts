import type { Container } from '../model/container.js';
import type { ContainersState } from './containers-store.js';
import { isAlive, selectContainerRows } from './list-rows.js';
import { containersOf, isProject } from './listed-row.js';
import { selectListedRow, selectListedRows } from './project-rows.js';
import type { StatsState } from './stats-store.js';
import type { ViewState } from './view-store.js';

/** As many as there are characters to tell them apart. */
export const MAX_COMPARED = 8;

/** The marked containers in the order of the list: what graphs compare. */
export function selectMarked(
  containers: ContainersState,
  stats: StatsState,
  view: Pick<ViewState, 'showsAll' | 'sort' | 'lists' | 'marked'>,
): readonly Container[] {
  if (view.marked.size === 0) return [];
  const rows = selectContainerRows(containers, stats, view);
  return rows.filter(({ id }) => view.marked.has(id)).slice(0, MAX_COMPARED);
}

/** What the pane beside the details compares: the marked containers, else those of the selected project, else the first that run on screen. */
export function selectCompared(
  containers: ContainersState,
  stats: StatsState,
  view: Pick<ViewState, 'showsAll' | 'sort' | 'lists' | 'marked' | 'listHeights' | 'groupsProjects' | 'foldedProjects'>,
): readonly Container[] {
  const marked = selectMarked(containers, stats, view);
  if (marked.length > 0) return marked;
  const { top } = view.lists.containers;
  const selected = selectListedRow(containers, stats, view);
  const rows = selectListedRows(containers, stats, view).slice(top, top + (view.listHeights.containers ?? 0));
  const shown = selected !== undefined && isProject(selected) ? [selected] : rows;
  return [...new Set(containersOf(shown))].filter(isAlive).slice(0, MAX_COMPARED);
}
