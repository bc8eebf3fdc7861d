import { GROUPS } from './command-groups.js';
import type { CommandSpec } from './command-spec.js';
import { GLOBAL_FLAGS } from './global-flags.js';
import type { GroupHelp, HelpEntry } from './help.js';

/** What the program is, its groups, the commands of one word, and the flags before them. */
export function rootHelp(commands: readonly CommandSpec[]): GroupHelp {
  return {
    name: '',
    summary:
      'Containers in your terminal: an engine, a screen and a command line in one. Without a command, the screen.',
    sections: [
      ['Groups', GROUPS],
      ['Commands', entriesOf(commands, '')],
    ],
    flags: GLOBAL_FLAGS,
  };
}

/** The shown commands of a group by their last word; of the root with '': those of one word. */
export function entriesOf(commands: readonly CommandSpec[], group: string): readonly HelpEntry[] {
  const prefix = group === '' ? '' : `${group} `;
  return commands
    .filter(({ hidden }) => hidden !== true)
    .flatMap(({ names, summary }) => {
      const own = names.find((name) => name.startsWith(prefix) && !name.slice(prefix.length).includes(' '));
      return own === undefined ? [] : [{ name: own.slice(prefix.length), summary }];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
