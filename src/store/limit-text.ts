import type { Limits, LimitsPatch } from '../model/limits.js';
import { FIELD_KINDS, type LimitField } from './limit-fields.js';

const LIFTED: ReadonlySet<string> = new Set(['max', 'none', 'all', 'default', '-1']);

/**
 * A limit as the user types it: bytes for `memory`, `swap` (on top of memory) and `reserve` (512m, 1.5g), CPUs for `cpus` (1.5), a list
 * for `cpuset` (0-1), `/dev/sda:10m` for rates. `max`, `none` and `-1` lift it. A string: what is wrong with it.
 */
export function parseLimitText(field: LimitField, text: string, limits: Limits): LimitsPatch | string {
  const kind = FIELD_KINDS[field];
  const trimmed = text.trim();
  const change = LIFTED.has(trimmed.toLowerCase()) ? kind.lift(limits) : kind.parse(trimmed, limits);
  return typeof change === 'string' ? change.replace(/^invalid value/, `invalid ${field}`) : change;
}
