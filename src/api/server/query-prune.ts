import type { PruneFilter } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parseTime } from '../../model/parse-time.js';
import { splitPair } from '../../model/run-environment.js';
import type { Filters } from '../filter/filters.js';
import type { Query } from './query.js';
import { readFilters } from './query-filters.js';

/** The filters of every prune but that of volumes, which has no `until`. */
export const PRUNE_FILTERS: readonly string[] = ['label', 'label!', 'until'];

/** Throws invalid-argument. */
export function readPruneFilter(query: Query, allowed: readonly string[]): PruneFilter {
  return toPruneFilter(readFilters(query, allowed));
}

/** The same of filters that have been read. */
export function toPruneFilter(filters: Filters): PruneFilter {
  return omitUndefined({
    untilMs: readUntil(filters),
    labels: toLabels(filters.get('label')),
    withoutLabels: toLabels(filters.get('label!')),
  });
}

/** The filter `until`, ms since 1970. Throws invalid-argument for what is no time, and for several. */
export function readUntil(filters: Filters): number | undefined {
  const [until, ...more] = filters.get('until') ?? [];
  if (more.length > 0) throw new EngineError('invalid-argument', 'more than one until filter specified');
  return until === undefined ? undefined : parseTime(until, Date.now());
}

function toLabels(texts: readonly string[] | undefined): PruneFilter['labels'] {
  return texts === undefined ? undefined : Object.fromEntries(texts.map(splitPair));
}
