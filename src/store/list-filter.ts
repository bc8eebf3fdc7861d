import { fuzzyDistance } from './fuzzy.js';
import { createRowFilter } from './row-filter.js';

/** What a filter looks at in a row of a list. */
export interface FilteredRow {
  /** All that can be found in it. */
  readonly text: string;
  /** What it is known by: fuzzy search looks there alone, for in a whole row almost anything is found. */
  readonly names: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** The forms of a filter, for the help. */
export const FILTER_FORMS: readonly (readonly [form: string, meaning: string])[] = [
  ['text', 'rows that have the text, without regard to case; a regular expression where it is one'],
  ['!text', 'all other rows'],
  ['~text', 'fuzzy: names that have the characters in this order'],
  ['label:key', 'rows with the label; label:key=value with this value'],
  ['!label:key', 'rows without it; a second filter may follow: label:team=web !cache'],
];

/** A filter of a list as typed, in the forms above. */
export function createListFilter(filter: string): (row: FilteredRow) => boolean {
  const [, inverse, key = '', , value, rest] = /^(!?)label:([^\s=]+)(=(\S*))?\s*(.*)$/.exec(filter) ?? [];
  if (key !== '') {
    const hasLabel = ({ labels }: FilteredRow) =>
      Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
    const others = createListFilter(rest ?? '');
    return (row) => hasLabel(row) === (inverse === '') && others(row);
  }
  if (filter.startsWith('~')) {
    const query = filter.slice(1);
    return ({ names }) => names.some((name) => fuzzyDistance(query, name) !== undefined);
  }
  const matches = createRowFilter(filter);
  return ({ text }) => matches(text);
}
