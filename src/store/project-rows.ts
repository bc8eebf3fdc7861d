import type { Container } from '../model/container.js';
import type { ContainersState } from './containers-store.js';
import { selectContainerRows, selectedIndex } from './list-rows.js';
import { type ListedRow, type Project, rowKey } from './listed-row.js';
import { compareNaturally } from './natural-order.js';
import type { StatsState } from './stats-store.js';
import type { ViewState } from './view-store.js';

/** Labels that docker compose puts on every container it makes. */
const PROJECT_LABEL = 'com.docker.compose.project';
const SERVICE_LABEL = 'com.docker.compose.service';

type ListedView = Pick<ViewState, 'showsAll' | 'sort' | 'lists' | 'groupsProjects' | 'foldedProjects'>;

/** The name of the project that a container is of; undefined where it is of none. */
export function projectOf({ config }: Container): string | undefined {
  return config.labels?.[PROJECT_LABEL] || undefined;
}

export function serviceOf({ config }: Container): string | undefined {
  return config.labels?.[SERVICE_LABEL] || undefined;
}

/**
 * The rows of the container list. Where it is grouped, projects come in the order of their first containers, each with its containers
 * below it unless it is folded, and what is of no project last.
 */
export function selectListedRows(
  containers: ContainersState,
  stats: StatsState,
  view: ListedView,
): readonly ListedRow[] {
  const rows = selectContainerRows(containers, stats, view);
  if (!view.groupsProjects) return rows;
  const { selected } = containers;
  const { foldedProjects } = view;
  const { grouped } = selected ?? {};
  if (grouped?.of === rows && grouped.foldedProjects === foldedProjects) return grouped.rows;
  const listed = groupRows(containers, rows, foldedProjects);
  if (selected !== undefined) selected.grouped = { of: rows, foldedProjects, rows: listed };
  return listed;
}

/** The row that is selected; undefined where the list is empty. */
export function selectListedRow(
  containers: ContainersState,
  stats: StatsState,
  view: ListedView,
): ListedRow | undefined {
  const rows = selectListedRows(containers, stats, view);
  return rows[selectedIndex(rows.map(rowKey), view.lists.containers)];
}

function groupRows(
  { byId }: ContainersState,
  rows: readonly Container[],
  foldedProjects: ReadonlySet<string>,
): readonly ListedRow[] {
  const members = Map.groupBy(byId.values(), projectOf);
  const groups = Map.groupBy(rows, projectOf);
  const grouped = [...groups].flatMap(([name, shown]): readonly ListedRow[] => {
    if (name === undefined) return [];
    const isFolded = foldedProjects.has(name);
    const all = (members.get(name) ?? shown).toSorted((one, other) => compareNaturally(one.name, other.name));
    const project: Project = { name, members: all, isFolded };
    return isFolded ? [project] : [project, ...shown];
  });
  return [...grouped, ...(groups.get(undefined) ?? [])];
}
