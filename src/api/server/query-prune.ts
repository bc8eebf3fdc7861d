import type { PruneFilter } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parseTime } from '../../model/parse-time.js';
import { splitPair } from '../../model/run-environment.js';
import type { Query } from './query.js';
import { readFilters } from './query-filters.js';

/** The filters of every prune. */
export const PRUNE_FILTERS: readonly string[] = ['label', 'label!', 'until'];

/** Throws invalid-argument. */
export function readPruneFilter(query: Query, allowed: readonly string[]): PruneFilter {
  const filters = readFilters(query, allowed);
  const [until, ...more] = filters.get('until') ?? [];
  if (more.length > 0) throw new EngineError('invalid-argument', 'more than one until filter specified');
  return omitUndefined({
    untilMs: until === undefined ? undefined : parseTime(until, Date.now()),
    labels: toLabels(filters.get('label')),
    withoutLabels: toLabels(filters.get('label!')),
  });
}

function toLabels(texts: readonly string[] | undefined): PruneFilter['labels'] {
  return texts === undefined ? undefined : Object.fromEntries(texts.map(splitPair));
}
