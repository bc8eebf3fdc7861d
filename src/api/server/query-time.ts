import { EngineError } from '../../model/errors.js';
import type { Query } from './query.js';

/**
 * A time of the query, ms since 1970: seconds with up to nine decimals, as clients send it. Undefined where it is not given or 0. Throws
 * invalid-argument.
 */
export function readSeconds(query: Query, name: string): number | undefined {
  const text = query.text(name);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,15}(\.\d{1,9}\d*)?$/.test(text)) {
    throw new EngineError(
      'invalid-argument',
      `invalid value for ${name}: ${JSON.stringify(text)} is no unix time in seconds`,
    );
  }
  const ms = Number(text) * 1000;
  return ms === 0 ? undefined : ms;
}
