import { RegistryError } from '../registry-error.js';
import type { Page } from '../store/repositories.js';

/** Rows of an answer where nobody says how many, and the most that anybody gets. */
export const PAGE_MAX = 1000;

/** `n` and `last` of the query. distribution-spec, "Listing Tags". Rejects: RegistryError 400. */
export function readPage(query: URLSearchParams): Page {
  const n = query.get('n');
  const last = query.get('last') ?? undefined;
  if (n === null) return { count: PAGE_MAX, last };
  if (!/^\d{1,15}$/.test(n)) throw new RegistryError(400, 'UNSUPPORTED', `n is ${JSON.stringify(n)} and no number`);
  return { count: Math.min(Number(n), PAGE_MAX), last };
}

export interface Listing<T> {
  readonly rows: readonly T[];
  /** `Link`, where the list goes on. RFC 8288. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Cuts a list that was read with one row more than the page has, and says how to go on. */
export function cutPage<T>(path: string, { count }: Page, rows: readonly T[], nameOf: (row: T) => string): Listing<T> {
  const shown = rows.slice(0, count);
  const last = shown.at(-1);
  if (rows.length <= count || last === undefined) return { rows: shown, headers: {} };
  const separator = path.includes('?') ? '&' : '?';
  const next = `${path}${separator}n=${count}&last=${encodeURIComponent(nameOf(last))}`;
  return { rows: shown, headers: { Link: `<${next}>; rel="next"` } };
}
