import { EngineError } from '../model/errors.js';
import { parseBytes } from '../model/units.js';

export type LimitField = 'memory' | 'cpus' | 'pids';

/**
 * A limit as the user types it: bytes for `memory` (512m, 1.5g), CPUs times 1e9 for `cpus` (1.5), tasks for `pids`.
 * null: no limit (`max`, `none`, `-1`); a string: what is wrong with it.
 */
export function parseLimitText(field: LimitField, text: string): number | null | string {
  const trimmed = text.trim().toLowerCase();
  if (trimmed === 'max' || trimmed === 'none' || trimmed === '-1') return null;
  const value = field === 'memory' ? readBytes(trimmed) : Number(trimmed === '' ? Number.NaN : trimmed);
  if (!(value > 0)) return `invalid ${field} "${text}": use ${HINTS[field]}`;
  return field === 'cpus' ? Math.round(value * 1e9) : Math.round(value);
}

function readBytes(text: string): number {
  try {
    return parseBytes(text);
  } catch (error) {
    if (error instanceof EngineError) return Number.NaN;
    throw error;
  }
}

const HINTS: Readonly<Record<LimitField, string>> = {
  memory: 'a number and b, k, m or g, or max',
  cpus: 'a number such as 0.5, or max',
  pids: 'a number, or max',
};
