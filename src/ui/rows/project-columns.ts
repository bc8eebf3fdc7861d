import type { Container } from '../../model/container.js';
import { isAlive } from '../../store/list-rows.js';
import { isProject, type ListedRow, type Project, projectOf } from '../../store/project-rows.js';
import type { Metric } from '../../store/stats-history.js';
import type { PaintContext } from '../paint-context.js';
import type { Column } from './columns.js';
import { formatBytes, formatCpuPercent } from './format.js';

/** The columns of containers for a list that has projects above them: those sum up what is of them. */
export function withProjects(
  context: PaintContext,
  columns: readonly Column<Container>[],
): readonly Column<ListedRow>[] {
  const { groupsProjects } = context.workspace.view.getState();
  return columns.map((column) => ({
    ...column,
    cell: (row, width) => {
      if (isProject(row)) return projectCell(context, row, column.title);
      const project = groupsProjects && column.grows === true ? projectOf(row) : undefined;
      return project === undefined ? column.cell(row, width) : `  ${column.cell(shortenName(row, project), width)}`;
    },
  }));
}

/** Compose names a container after its project, which stands above it. */
function shortenName(row: Container, project: string): Container {
  const isNamed = row.name.startsWith(`${project}-`) || row.name.startsWith(`${project}_`);
  const rest = isNamed ? row.name.slice(project.length + 1) : '';
  return rest === '' ? row : { ...row, name: rest };
}

/** `2 up, 1 exited`: how many are in which state. */
export function countStates(members: readonly Container[]): string {
  const counts = new Map<string, number>();
  for (const { state } of members) {
    const word = state.status === 'running' ? 'up' : state.status;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}

function projectCell(context: PaintContext, project: Project, title: string): string {
  const { theme, glyphs } = context;
  const { name, members, isFolded } = project;
  const alive = members.filter(isAlive).length;
  switch (title) {
    case 'NAME':
      return theme.style('title', `${isFolded ? glyphs.folded : glyphs.unfolded} ${name}`);
    case 'STATE':
      return theme.style(alive === 0 ? 'muted' : 'ok', `${alive}/${members.length} up`);
    case 'CPU%':
      return formatCpuPercent(sumOf(context, members, 'cpu'));
    case 'MEM': {
      const bytes = sumOf(context, members, 'memory');
      return Number.isNaN(bytes) ? '-' : formatBytes(bytes);
    }
    case 'EVENTS':
      return alive === members.length ? '' : theme.style('warning', `${members.length - alive} down`);
    default:
      return '';
  }
}

/** Of those that run and were read; NaN where none was. */
function sumOf({ workspace }: PaintContext, members: readonly Container[], metric: Metric): number {
  const { histories } = workspace.stats.getState();
  let sum = Number.NaN;
  for (const member of members) {
    const value = isAlive(member) ? (histories.get(member.id)?.value(metric) ?? Number.NaN) : Number.NaN;
    if (!Number.isNaN(value)) sum = (Number.isNaN(sum) ? 0 : sum) + value;
  }
  return sum;
}
