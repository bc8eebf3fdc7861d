import { fuzzyDistance } from '../../store/fuzzy.js';
import { FILTER_FORMS } from '../../store/list-filter.js';
import { type Binding, CONTEXT_NAMES, isDialogContext, KEYMAP, type KeyContext } from '../keymap.js';

export type HelpRow =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'binding'; readonly binding: Binding }
  | { readonly kind: 'form'; readonly form: string; readonly meaning: string };

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
  return [...rows, ...filterRows(query)];
}

/** What can be typed as a filter of a list. */
function filterRows(query: string): readonly HelpRow[] {
  const found = FILTER_FORMS.filter(([form, meaning]) => hasWords(`${form} ${meaning} filter of a list`, query));
  const rows = found.map(([form, meaning]): HelpRow => ({ kind: 'form', form, meaning }));
  return rows.length === 0 ? [] : [{ kind: 'heading', text: 'filter of a list' }, ...rows];
}

/**
 * What the palette offers: every command once; without a query those that were chosen last come first, with one those whose name is
 * nearest to it.
 */
export function paletteRows(
  query: string,
  bindings: readonly Binding[] = KEYMAP,
  recent: readonly string[] = [],
): readonly Binding[] {
  const seen = new Set<string>();
  const rows = bindings.flatMap((binding) => {
    const isOffered = !seen.has(binding.command) && !isDialogContext(binding.context);
    const rank = isOffered ? rankOf(binding, query, recent) : undefined;
    if (rank === undefined) return [];
    seen.add(binding.command);
    return [{ binding, rank }];
  });
  return rows.toSorted((a, b) => a.rank - b.rank).map(({ binding }) => binding);
}

/** Of what is found in a sentence and not in a name. */
const FAR = 12;

/** Less is nearer; undefined: not what is looked for. */
function rankOf(binding: Binding, query: string, recent: readonly string[]): number | undefined {
  const { label, command } = binding;
  if (query.trim() === '') {
    const place = recent.indexOf(command);
    return place < 0 ? recent.length : place;
  }
  const distances = [label, command].flatMap((name) => fuzzyDistance(query, name) ?? []);
  const far = isFound(binding, query) ? FAR : undefined;
  return distances.length === 0 ? far : Math.min(...distances, far ?? Number.POSITIVE_INFINITY);
}

function isFound(binding: Binding, query: string): boolean {
  return hasWords(
    `${binding.help} ${binding.label} ${binding.keys.join(' ')} ${CONTEXT_NAMES[binding.context]}`,
    query,
  );
}

function hasWords(text: string, query: string): boolean {
  const lower = text.toLowerCase();
  return query
    .toLowerCase()
    .split(' ')
    .every((word) => lower.includes(word));
}
