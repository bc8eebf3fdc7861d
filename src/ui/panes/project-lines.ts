import type { Container } from '../../model/container.js';
import { MAX_COMPARED } from '../../store/compared.js';
import { isAlive } from '../../store/list-rows.js';
import type { Project } from '../../store/listed-row.js';
import { serviceOf } from '../../store/project-rows.js';
import type { PaintContext } from '../paint-context.js';
import { formatPublished } from '../rows/port-text.js';
import { countStates } from '../rows/project-columns.js';
import { formatState } from '../rows/state-cell.js';
import { fillParagraph } from '../rows/text-lines.js';
import { fitText, sanitizeText, textWidth } from '../terminal/ansi-text.js';
import { paintCompared } from './compare-graphs.js';

/** Graphs that compare the containers of a project. */
export function paintProjectGraphs(
  context: PaintContext,
  { members }: Project,
  width: number,
  height: number,
): readonly string[] {
  return paintCompared(context, members.filter(isAlive).slice(0, MAX_COMPARED), width, height);
}

/** What a project is made of. */
export function projectLines(context: PaintContext, { name, members }: Project, width: number): readonly string[] {
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
