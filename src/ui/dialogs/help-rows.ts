import { type Binding, CONTEXT_NAMES, KEYMAP, type KeyContext } from '../keymap.js';

export type HelpRow =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'binding'; readonly binding: Binding };

/** The key map as rows below headings; with a query only what has all of its words. */
export function helpRows(query: string, bindings: readonly Binding[] = KEYMAP): readonly HelpRow[] {
  const rows: HelpRow[] = [];
  let context: KeyContext | undefined;
  for (const binding of bindings.filter((each) => isFound(each, query))) {
    if (binding.context !== context) {
      context = binding.context;
      rows.push({ kind: 'heading', text: CONTEXT_NAMES[context] });
    }
    rows.push({ kind: 'binding', binding });
  }
  return rows;
}

/** What the palette offers: every command once. */
export function paletteRows(query: string, bindings: readonly Binding[] = KEYMAP): readonly Binding[] {
  const seen = new Set<string>();
  return bindings.filter((binding) => {
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
