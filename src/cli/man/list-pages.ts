import { GANTRY_VERSION } from '../../model/version.js';
import { GROUPS } from '../command-groups.js';
import type { CommandSpec } from '../command-spec.js';
import { entriesOf, rootHelp } from '../root-help.js';
import { EXAMPLES } from './examples.js';
import { formatCommandPage, formatGroupPage, pageName } from './format-page.js';

export interface ManPage {
  /** Such as `gantry-run.1`. */
  readonly file: string;
  readonly text: string;
}

/** What holds for every command. */
const COMMON: readonly (readonly [section: string, text: string])[] = [
  [
    'EXIT STATUS',
    '0 where it is done, 1 where it is not, 125 where a container cannot be started or a flag cannot be read, 126 and 127 where its program cannot be executed or found; else that of the program in the container.',
  ],
  [
    'FILES',
    [
      '.TP\n\\fI/etc/gantry/daemon.json\\fR\nSettings of registries and of \\fBgantry daemon\\fR.',
      '.TP\n\\fI/var/lib/gantry\\fR\nImages, containers and volumes.',
      '.TP\n\\fI/run/gantry\\fR\nWhat ends with the host.',
    ].join('\n'),
  ],
];

/** The program, each group and each command; a further name of a command leads to the page of its first one. */
export function listManPages(commands: readonly CommandSpec[]): readonly ManPage[] {
  const title = (name: string) => ({ name, version: GANTRY_VERSION });
  const groups = GROUPS.map((group) => ({
    file: `${pageName(group.name)}.1`,
    text: formatGroupPage(
      { ...group, sections: [['Commands', entriesOf(commands, group.name)]], flags: [] },
      title(pageName(group.name)),
      [],
    ),
  }));
  const shown = commands.filter(({ hidden }) => hidden !== true);
  return [
    { file: 'gantry.1', text: formatGroupPage(rootHelp(commands), title('gantry'), COMMON) },
    ...groups,
    ...shown.flatMap((spec) => {
      const [first = '', ...others] = spec.names;
      const page = pageName(first);
      return [
        { file: `${page}.1`, text: formatCommandPage(spec, title(page), EXAMPLES[first] ?? []) },
        ...others.map((name) => ({ file: `${pageName(name)}.1`, text: `.so man1/${page}.1\n` })),
      ];
    }),
  ];
}
