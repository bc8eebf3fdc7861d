import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import { fitsLabelFilter, hasLabels } from '../../model/label-filter.js';
import type { ContainerFilter, PruneFilter } from '../engine.js';
import type { ContainerRecord } from './container-record.js';

/** As Docker lists them: SQL of the table of containers. */
export const NEWEST_FIRST = '1 ORDER BY created_at_ms DESC, rowid DESC';

/** Docker's rules: a status implies `all`, the name is a pattern over the name with and without its slash. */
export function matchesFilter(record: ContainerRecord, filter: ContainerFilter): boolean {
  const { state, config, name } = record;
  if (filter.status !== undefined) {
    if (!filter.status.includes(state.status)) return false;
  } else if (filter.all !== true && !isActive(state)) {
    return false;
  }
  if (!hasLabels(config.labels, filter.labels)) return false;
  if (filter.name === undefined) return true;
  const pattern = toPattern(filter.name);
  return pattern.test(name) || pattern.test(`/${name}`);
}

/** Whether prune takes it: what it is (not running) is another question. */
export function matchesPruneFilter(record: ContainerRecord, filter: PruneFilter): boolean {
  if (filter.untilMs !== undefined && record.createdAtMs >= filter.untilMs) return false;
  return fitsLabelFilter(record.config.labels, filter);
}

function toPattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    throw new EngineError('invalid-argument', `invalid filter 'name=${text}': not a regular expression`, { cause });
  }
}
