import type { Container } from '../../model/container.js';
import { MAX_COMPARED } from '../../store/compared.js';
import { isAlive } from '../../store/list-rows.js';
import type { Project } from '../../store/listed-row.js';
import { serviceOf } from '../../store/project-rows.js';
import type { DetailTab } from '../../store/view-store.js';
import type { PaintContext } from '../paint-context.js';
import { formatPublished } from '../rows/port-text.js';
import { countStates } from '../rows/project-columns.js';
import { formatState } from '../rows/state-cell.js';
import { fillParagraph } from '../rows/text-lines.js';
import { fitText, sanitizeText, textWidth } from '../terminal/ansi-text.js';
import { paintCompared } from './compare-graphs.js';
import { paintLogsTab } from './logs-tab.js';

/** A tab of a project: graphs that compare its containers, their logs as one, or its services. */
export function paintProjectTab(
  context: PaintContext,
  shown: { readonly tab: DetailTab; readonly project: Project },
  width: number,
  height: number,
): readonly string[] {
  const { tab, project } = shown;
  const alive = project.members.filter(isAlive).slice(0, MAX_COMPARED);
  if (tab === 'logs') return paintLogsTab(context, width, height);
  if (tab === 'stats' && alive.length > 0) return paintCompared(context, alive, width, height);
  return projectLines(context, project, width).slice(0, height);
}

/** What a project is made of. */
function projectLines(context: PaintContext, { name, members }: Project, width: number): readonly string[] {
  const { theme } = context;
  const widthOf = (texts: readonly string[]) => Math.min(24, Math.max(0, ...texts.map((text) => textWidth(text))));
  const services = widthOf(members.map((member) => serviceOf(member) ?? ''));
  const names = widthOf(members.map((member) => member.name));
  return [
    `${theme.style('title', sanitizeText(name))}  ${countStates(members)}`,
    ...fillParagraph('Select a container for its limits, namespaces and files.', width).map((line) =>
      theme.style('muted', line),
    ),
    '',
    ...members.map((member) => {
      const service = theme.style('muted', fitText(sanitizeText(serviceOf(member) ?? ''), services));
      return `${fitText(member.name, names)}  ${service}  ${formatState(member.state, theme, context.glyphs)}${portsOf(context, member)}`;
    }),
  ];
}

function portsOf({ theme, glyphs }: PaintContext, member: Container): string {
  const ports = isAlive(member) ? formatPublished(member.publishedPorts ?? [], glyphs.arrow) : '';
  return ports === '' ? '' : `  ${theme.style('key', ports)}`;
}
