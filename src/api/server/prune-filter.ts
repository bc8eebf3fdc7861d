import type { PruneFilter } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import { parseTime } from '../../model/parse-time.js';
import { splitPair } from '../../model/run-environment.js';
import type { Filters } from '../filter/filters.js';

/** The filters that every prune takes but that of volumes, which has no `until`. */
export const PRUNE_FILTERS: readonly string[] = ['label', 'label!', 'until'];

/** What is pruned at most. Throws invalid-argument. */
export function toPruneFilter(filters: Filters, nowMs: number): PruneFilter {
  const untilMs = readUntil(filters, nowMs);
  const readLabels = (name: string) => Object.fromEntries((filters.get(name) ?? []).map(splitPair));
  return {
    ...(untilMs === undefined ? {} : { untilMs }),
    ...(filters.has('label') ? { labels: readLabels('label') } : {}),
    ...(filters.has('label!') ? { withoutLabels: readLabels('label!') } : {}),
  };
}

/** The filter `until`, ms since 1970. Throws invalid-argument for what is no time, and for several. */
export function readUntil(filters: Filters, nowMs: number): number | undefined {
  const [until, ...more] = filters.get('until') ?? [];
  if (more.length > 0) throw new EngineError('invalid-argument', 'more than one until filter specified');
  return until === undefined ? undefined : parseTime(until, nowMs);
}

/** A filter of one value that is on or off, in the words of Go's ParseBool. Throws invalid-argument. */
export function readSwitch(filters: Filters, name: string): boolean | undefined {
  const values = filters.get(name);
  if (values === undefined) return undefined;
  const [value = '', ...more] = values;
  const isKnown = more.length === 0 && /^(1|t|true|0|f|false)$/i.test(value);
  if (!isKnown) throw new EngineError('invalid-argument', `invalid filter '${name}=[${values.join(' ')}]'`);
  return /^(1|t)/i.test(value);
}
