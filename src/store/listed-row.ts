import type { Container } from '../model/container.js';

/** A compose project as a row above its containers. */
export interface Project {
  readonly name: string;
  /** All of it, also those that the list does not show, by name. */
  readonly members: readonly Container[];
  readonly isFolded: boolean;
}

/** What the list of containers has as rows. */
export type ListedRow = Container | Project;

export function isProject(row: ListedRow): row is Project {
  return 'members' in row;
}

/** By what a row is selected. Ids of containers have no colon. */
export function rowKey(row: ListedRow): string {
  return isProject(row) ? projectKey(row.name) : row.id;
}

export function projectKey(name: string): string {
  return `project:${name}`;
}

/** The containers that rows stand for. */
export function containersOf(rows: readonly ListedRow[]): readonly Container[] {
  return rows.flatMap((row) => (isProject(row) ? row.members : [row]));
}
