import type { Filters } from '../api/filter/filters.js';
import { EngineError } from '../model/errors.js';
import type { Flags } from '../model/flags.js';

/** Reads `--filter name=value…`. Throws invalid-argument for a name that is not among `allowed`. */
export function parseFilters(flags: Flags, allowed: readonly string[]): Filters {
  const filters = new Map<string, readonly string[]>();
  for (const [name, value] of flags.readAll('filter', splitFilter)) {
    if (!allowed.includes(name)) {
      throw new EngineError('invalid-argument', `invalid filter '${name}'`);
    }
    filters.set(name, [...(filters.get(name) ?? []), value]);
  }
  return filters;
}

function splitFilter(text: string): readonly [string, string] {
  const index = text.indexOf('=');
  if (index < 0) {
    throw new EngineError('invalid-argument', 'bad format of filter (expected name=value)');
  }
  return [text.slice(0, index).trim().toLowerCase(), text.slice(index + 1).trim()];
}
