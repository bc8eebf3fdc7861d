import type { Container } from '../../model/container.js';
import { isAlive, readMetric } from '../../store/list-rows.js';
import { isProject, type ListedRow, type Project } from '../../store/listed-row.js';
import { projectOf } from '../../store/project-rows.js';
import { sumOf } from '../../store/sample-rings.js';
import type { Metric } from '../../store/stats-history.js';
import type { PaintContext } from '../paint-context.js';
import type { Column } from './columns.js';
import { formatBytes, formatCpuPercent } from './format.js';

/** The columns of containers for a list that has projects above them: those sum up what is of them. */
export function toListedColumns(
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
  const groups = Map.groupBy(members, ({ state }) => (state.status === 'running' ? 'up' : state.status));
  return [...groups].map(([word, group]) => `${group.length} ${word}`).join(', ');
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
      return formatCpuPercent(sumMetric(context, members, 'cpu'));
    case 'MEM': {
      const bytes = sumMetric(context, members, 'memory');
      return Number.isNaN(bytes) ? '-' : formatBytes(bytes);
    }
    case 'EVENTS':
      return alive === members.length ? '' : theme.style('warning', `${members.length - alive} down`);
    default:
      return '';
  }
}

/** Of those that run and were read; NaN where none was. */
function sumMetric({ workspace }: PaintContext, members: readonly Container[], metric: Metric): number {
  const stats = workspace.stats.getState();
  return sumOf(members.map((member) => readMetric(stats, member, metric)));
}
