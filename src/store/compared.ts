import type { Container } from '../model/container.js';
import type { ContainersState } from './containers-store.js';
import { isAlive, selectContainerRows } from './list-rows.js';
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

/** What the pane beside the details compares: the marked containers, else the first of those that run and are on screen. */
export function selectCompared(
  containers: ContainersState,
  stats: StatsState,
  view: Pick<ViewState, 'showsAll' | 'sort' | 'lists' | 'marked' | 'listHeights'>,
): readonly Container[] {
  const marked = selectMarked(containers, stats, view);
  if (marked.length > 0) return marked;
  const { top } = view.lists.containers;
  const rows = selectContainerRows(containers, stats, view).slice(top, top + (view.listHeights.containers ?? 0));
  return rows.filter(isAlive).slice(0, MAX_COMPARED);
}
