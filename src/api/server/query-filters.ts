import { z } from 'zod/mini';
import { EngineError } from '../../model/errors.js';
import type { Filters } from '../filter/filters.js';
import type { Query } from './query.js';

/** Both forms: `{"label": ["a"]}`, and the older `{"label": {"a": true}}`. */
const schema = z.record(z.string(), z.union([z.array(z.string()), z.record(z.string(), z.boolean())]));

/** The query `filters`. Throws invalid-argument for what is no such JSON, and for a name that is not among `allowed`, where that is given. */
export function readFilters(query: Query, allowed?: readonly string[]): Filters {
  const filters = parseFilters(query.text('filters'));
  if (allowed === undefined) return filters;
  for (const name of filters.keys()) {
    if (!allowed.includes(name)) throw new EngineError('invalid-argument', `invalid filter '${name}'`);
  }
  return filters;
}

/** A filter of one value that is on or off, as Go's ParseBool reads it. Throws invalid-argument. */
export function readSwitch(filters: Filters, name: string): boolean | undefined {
  const values = filters.get(name);
  if (values === undefined) return undefined;
  const [value = '', ...more] = values;
  const isKnown = more.length === 0 && /^(1|t|true|0|f|false)$/i.test(value);
  if (!isKnown) throw new EngineError('invalid-argument', `invalid filter '${name}=[${values.join(' ')}]'`);
  return /^(1|t)/i.test(value);
}

function parseFilters(text: string | undefined): Filters {
  if (text === undefined) return new Map();
  const result = schema.safeParse(parseJson(text));
  if (!result.success) throw invalid(text);
  return new Map(
    Object.entries(result.data).map(([name, values]) => [
      name,
      Array.isArray(values) ? values : Object.keys(values).filter((value) => values[value] === true),
    ]),
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(text);
  }
}

function invalid(text: string): EngineError {
  return new EngineError('invalid-argument', `invalid filters: ${text.slice(0, 200)} is not a map of lists in JSON`);
}
