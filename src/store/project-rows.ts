import type { Container } from '../model/container.js';
import type { ContainersState } from './containers-store.js';
import { selectContainerRows, selectedIndex } from './list-rows.js';
import { compareNaturally } from './natural-order.js';
import type { StatsState } from './stats-store.js';
import type { ViewState } from './view-store.js';

/** Labels that docker compose puts on every container it makes. */
const PROJECT_LABEL = 'com.docker.compose.project';
const SERVICE_LABEL = 'com.docker.compose.service';

/** A compose project as a row above its containers. */
export interface Project {
  readonly name: string;
  /** All of it, also those that the list does not show, by name. */
  readonly members: readonly Container[];
  readonly isFolded: boolean;
}

/** What the list of containers has as rows. */
export type ListedRow = Container | Project;

type ListedView = Pick<ViewState, 'showsAll' | 'sort' | 'lists' | 'groupsProjects' | 'foldedProjects'>;

export function isProject(row: ListedRow): row is Project {
  return 'members' in row;
}

/** The name of the project that a container is of; undefined where it is of none. */
export function projectOf({ config }: Container): string | undefined {
  return config.labels?.[PROJECT_LABEL] || undefined;
}

export function serviceOf({ config }: Container): string | undefined {
  return config.labels?.[SERVICE_LABEL] || undefined;
}

/** By what a row is selected. Ids of containers have no colon. */
export function rowKey(row: ListedRow): string {
  return isProject(row) ? projectKey(row.name) : row.id;
}

export function projectKey(name: string): string {
  return `project:${name}`;
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
  const listed = new Map<string, Container[]>();
  const alone: Container[] = [];
  for (const row of rows) {
    const name = projectOf(row);
    const group = name === undefined ? alone : listed.get(name);
    if (group !== undefined) group.push(row);
    else if (name !== undefined) listed.set(name, [row]);
  }
  const members = readMembers(containers);
  const grouped = [...listed].flatMap(([name, shown]): readonly ListedRow[] => {
    const isFolded = view.foldedProjects.has(name);
    const project: Project = { name, members: members.get(name) ?? shown, isFolded };
    return isFolded ? [project] : [project, ...shown];
  });
  return [...grouped, ...alone];
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

/** The containers that rows stand for. */
export function containersOf(rows: readonly ListedRow[]): readonly Container[] {
  return rows.flatMap((row) => (isProject(row) ? row.members : [row]));
}

function readMembers({ byId }: ContainersState): ReadonlyMap<string, readonly Container[]> {
  const members = new Map<string, Container[]>();
  for (const container of byId.values()) {
    const name = projectOf(container);
    if (name === undefined) continue;
    const group = members.get(name);
    if (group === undefined) members.set(name, [container]);
    else group.push(container);
  }
  for (const group of members.values()) group.sort((one, other) => compareNaturally(one.name, other.name));
  return members;
}
