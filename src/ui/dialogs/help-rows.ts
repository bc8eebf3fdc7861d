import { type Binding, KEYMAP, type KeyContext } from '../keymap.js';

const CONTEXT_NAMES: Readonly<Record<KeyContext, string>> = {
  everywhere: 'everywhere',
  containers: 'containers',
  images: 'images',
  volumes: 'volumes',
  networks: 'networks',
  stats: 'graphs',
  tune: 'tuning limits',
  logs: 'logs',
  layers: 'layers and files',
  files: 'files of a volume',
  text: 'other details',
};

export type HelpRow =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'binding'; readonly binding: Binding };

/** The key map as rows below headings; with a query only what has all of its words. */
export function helpRows(query: string): readonly HelpRow[] {
  const rows: HelpRow[] = [];
  let context: KeyContext | undefined;
  for (const binding of KEYMAP.filter((each) => isFound(each, query))) {
    if (binding.context !== context) {
      context = binding.context;
      rows.push({ kind: 'heading', text: CONTEXT_NAMES[context] });
    }
    rows.push({ kind: 'binding', binding });
  }
  return rows;
}

/** What the palette offers: every command once. */
export function paletteRows(query: string): readonly Binding[] {
  const seen = new Set<string>();
  return KEYMAP.filter((binding) => {
    if (seen.has(binding.command) || !isFound(binding, query)) return false;
    seen.add(binding.command);
    return true;
  });
}

function isFound(binding: Binding, query: string): boolean {
  const text =
    `${binding.help} ${binding.label} ${binding.keys.join(' ')} ${CONTEXT_NAMES[binding.context]}`.toLowerCase();
  return query
    .toLowerCase()
    .split(' ')
    .every((word) => text.includes(word));
}
