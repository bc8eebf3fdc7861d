import type { FlagSpec } from '../model/flags.js';
import type { CommandSpec } from './command-spec.js';

/** The help of one command, under the name it was asked for. */
export function formatCommandHelp(
  spec: Pick<CommandSpec, 'names' | 'usage' | 'summary' | 'flags'>,
  name: string,
): string {
  const blocks = [`${formatUsage(spec, name)}\n`, `${spec.summary}\n`];
  if (spec.names.length > 1) {
    const names = spec.names.map((alias) => `gantry ${alias}`);
    blocks.push(`Aliases:\n  ${names.join(', ')}\n`);
  }
  const flags = spec.flags.filter(({ hidden, refused }) => hidden !== true && refused === undefined);
  if (flags.length > 0) {
    blocks.push(`Options:\n${formatFlags(flags)}`);
  }
  return blocks.join('\n');
}

export function formatUsage({ usage }: Pick<CommandSpec, 'usage'>, name: string): string {
  return `Usage:  gantry ${name}${usage === '' ? '' : ` ${usage}`}`;
}

/** Flags in the order of their long names, with their value words, summaries aligned. */
export function formatFlags(flags: readonly FlagSpec[]): string {
  const sorted = [...flags].sort((a, b) => (a.long < b.long ? -1 : 1));
  const left = sorted.map((flag) => {
    const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
    return `  ${short}--${flag.long}${flag.kind === 'bool' ? '' : ` ${flag.word ?? flag.kind}`}`;
  });
  const width = Math.max(...left.map((text) => text.length)) + 3;
  return sorted
    .map((flag, index) => {
      const choices = flag.choices === undefined ? '' : ` (${flag.choices.join(', ')})`;
      const fallback = flag.fallback === undefined ? '' : ` (default ${flag.fallback})`;
      return `${(left[index] ?? '').padEnd(width)}${flag.summary}${choices}${fallback}\n`;
    })
    .join('');
}

/** The commands of a group by their last word, or of the root, where groups are listed on their own. */
export function formatGroupHelp(group: GroupHelp): string {
  const name = group.name === '' ? '' : ` ${group.name}`;
  const blocks = [`Usage:  gantry${name}${group.name === '' ? ' [OPTIONS]' : ''} COMMAND\n`, `${group.summary}\n`];
  for (const [title, entries] of group.sections) {
    blocks.push(`${title}:\n${formatEntries(entries)}`);
  }
  if (group.flags.length > 0) {
    blocks.push(`Global Options:\n${formatFlags(group.flags)}`);
  }
  blocks.push(`Run 'gantry${name} COMMAND --help' for more information on a command.\n`);
  return blocks.join('\n');
}

export interface GroupHelp {
  readonly name: string;
  readonly summary: string;
  readonly sections: readonly (readonly [string, readonly HelpEntry[]])[];
  readonly flags: readonly FlagSpec[];
}

export interface HelpEntry {
  readonly name: string;
  readonly summary: string;
}

function formatEntries(entries: readonly HelpEntry[]): string {
  const width = Math.max(...entries.map(({ name }) => name.length)) + 3;
  return entries.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}\n`).join('');
}
