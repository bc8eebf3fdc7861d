import type { FlagSpec } from '../../model/flags.js';
import type { CommandSpec } from '../command-spec.js';
import type { GroupHelp } from '../help.js';
import type { Example } from './examples.js';
import { bold, escapeRoff, heading, italic, type PageTitle, paragraph, tagged } from './roff.js';

/** The page of a command under one of its names: man-pages(7) has the order of its sections. */
export function formatCommandPage(spec: CommandSpec, title: PageTitle, examples: readonly Example[]): string {
  const [first = ''] = spec.names;
  const flags = listShown(spec.flags);
  const others = spec.names.slice(1).map((name) => bold(`gantry ${name}`));
  return [
    heading(title),
    section('NAME', [`${escapeRoff(pageName(first))} \\- ${escapeRoff(spec.summary)}`]),
    section('SYNOPSIS', [synopsis(first, spec.usage)]),
    section('DESCRIPTION', [paragraph(`${spec.summary}.`), ...aliases(others)]),
    flags.length === 0 ? '' : section('OPTIONS', flags.map(formatFlag)),
    examples.length === 0 ? '' : section('EXAMPLES', examples.map(formatExample)),
    section('SEE ALSO', [listPages(['gantry', ...groupOf(first)])]),
  ].join('');
}

/** The page of a group, or of the program itself. */
export function formatGroupPage(
  group: GroupHelp,
  title: PageTitle,
  more: readonly (readonly [string, string])[],
): string {
  const name = group.name === '' ? 'gantry' : `gantry ${group.name}`;
  const flags = listShown(group.flags);
  const entries = group.sections.flatMap(([, found]) => found.map((entry) => entry.name));
  return [
    heading(title),
    section('NAME', [`${escapeRoff(pageName(group.name))} \\- ${escapeRoff(group.summary)}`]),
    section('SYNOPSIS', [`${bold(name)} ${group.name === '' ? '[OPTIONS] [COMMAND]' : 'COMMAND'}`]),
    section('DESCRIPTION', [paragraph(group.summary)]),
    ...group.sections.map(([name, found]) =>
      section(
        name.toUpperCase(),
        found.map((entry) => tagged(bold(entry.name), `${entry.summary}.`)),
      ),
    ),
    flags.length === 0 ? '' : section('OPTIONS', flags.map(formatFlag)),
    ...more.map(([name, text]) => section(name, [text])),
    section('SEE ALSO', [listPages(entries.map((entry) => pageName(`${group.name} ${entry}`.trim())))]),
  ].join('');
}

/** A usage may have several lines, of which those after the first name the command themselves. */
function synopsis(name: string, usage: string): string {
  const [first = '', ...others] = usage.split('\n').map((line) => escapeRoff(line.trim()));
  return [`${bold(`gantry ${name}`)} ${first}`.trim(), ...others].join('\n.br\n');
}

/** `gantry-container-run` of `container run`. */
export function pageName(name: string): string {
  return ['gantry', ...name.split(' ').filter(Boolean)].join('-');
}

function listShown(flags: readonly FlagSpec[]): readonly FlagSpec[] {
  return flags
    .filter(({ hidden, refused }) => hidden !== true && refused === undefined)
    .toSorted((a, b) => (a.long < b.long ? -1 : 1));
}

function section(name: string, parts: readonly string[]): string {
  return `.SH ${name}\n${parts.map((part) => `${part.trimEnd()}\n`).join('')}`;
}

function aliases(names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`.PP\nAlso: ${names.join(', ')}.`];
}

function formatFlag(flag: FlagSpec): string {
  const short = flag.short === undefined ? '' : `${bold(`-${flag.short}`)}, `;
  const value = flag.kind === 'bool' ? '' : `=${italic(flag.word ?? flag.kind)}`;
  const choices = flag.choices === undefined ? '' : ` One of ${flag.choices.join(', ')}.`;
  const repeated = flag.kind === 'list' ? ' May be given several times.' : '';
  const fallback = flag.fallback === undefined ? '' : ` Default: ${flag.fallback}.`;
  return tagged(`${short}${bold(`--${flag.long}`)}${value}`, `${flag.summary}.${choices}${repeated}${fallback}`);
}

function formatExample({ line, what }: Example): string {
  return `${paragraph(`${what}:`)}\n.PP\n.RS 4\n.EX\n${escapeRoff(`# ${line}`)}\n.EE\n.RE`;
}

function groupOf(name: string): readonly string[] {
  const [group, command] = name.split(' ');
  return command === undefined || group === undefined ? [] : [pageName(group)];
}

function listPages(names: readonly string[]): string {
  return names.map((name) => `${bold(name)}(1)`).join(', ');
}
