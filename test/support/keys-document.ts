import { type Binding, CONTEXT_NAMES, type KeyContext } from '../../src/ui/keymap.js';

const HEAD = `# Keys of the screen

Made from the table in \`src/ui/keymap.ts\` by \`npm run golden\`; the footer, the help (\`?\`) and the palette (\`:\`) are made from the same
table. Where two contexts know a key, the nearer one has it: the details of a container, then containers, then everywhere.

## Keys of one's own

\`~/.config/gantry/keys.json\` (\`$XDG_CONFIG_HOME/gantry/keys.json\`) gives commands other keys, context by context:

\`\`\`json
{
  "containers": { "restart": "ctrl-t", "kill": ["K", "ctrl-k"], "prune": [] },
  "everywhere": { "copy": "ctrl-y" }
}
\`\`\`

The keys that the table has for such a command are free then; an empty list leaves it to the palette. Names of keys are the character
itself (\`x\`, \`X\`, \`/\`), \`space\`, \`enter\`, \`esc\`, \`tab\`, \`backspace\`, \`delete\`, \`up\`, \`down\`, \`left\`, \`right\`, \`home\`, \`end\`, \`pageup\`,
\`pagedown\`, and these with \`ctrl-\` or \`shift-\`. A file with an unknown context, command or key, or with one key for two commands of a
context, is refused: the screen says which, and has its own keys. In dialogs (\`question\`, \`menu\`, \`form\`) \`esc\` always closes, and what is
typed into a form (characters, and the keys that move in the line and delete) stays what it is; no other context holds while a dialog is open.
`;

/** docs/keys.md: every binding of a table by context. */
export function formatKeysDocument(bindings: readonly Binding[]): string {
  const contexts = Object.keys(CONTEXT_NAMES) as KeyContext[];
  const sections = contexts.flatMap((context) => {
    const rows = bindings.filter((binding) => binding.context === context);
    return rows.length === 0 ? [] : [formatSection(context, rows)];
  });
  return [HEAD, ...sections].join('\n');
}

function formatSection(context: KeyContext, rows: readonly Binding[]): string {
  const lines = rows.map(
    ({ keys, command, help }) =>
      `| ${keys.length === 0 ? '(palette)' : keys.map(quote).join(' ')} | ${command} | ${escapeBars(help)} |`,
  );
  const name = CONTEXT_NAMES[context];
  const heading = `${name[0]?.toUpperCase()}${name.slice(1)}${name === context ? '' : ` (\`${context}\`)`}`;
  return [`## ${heading}`, '', '| keys | command | what it does |', '|---|---|---|', ...lines, ''].join('\n');
}

const escapeBars = (text: string) => text.replaceAll('|', '\\|');

const quote = (key: string) => (key === '`' ? '`` ` ``' : `\`${escapeBars(key)}\``);
