import { fromLimitAttributes, type LimitChange } from '../model/limits-change.js';

/** What an event `update` says of limits: `memory 64M → 128M, cpus max → 0.50`; empty where it says nothing. */
export function describeLimitsChange(attributes: Readonly<Record<string, string>>): string {
  const changes = fromLimitAttributes(attributes);
  // Swap goes along with memory where nobody asks for it by itself.
  const shown = changes.filter(({ name }) => name !== 'memorySwap' || !changes.some((each) => each.name === 'memory'));
  return shown.map((change) => `${change.name} ${text(change, 'before')} → ${text(change, 'after')}`).join(', ');
}

function text(change: LimitChange, side: 'before' | 'after'): string {
  const value = change[side];
  if (value === 'max') return value;
  if (change.name.startsWith('memory')) return value.toUpperCase();
  return change.name === 'cpus' ? Number(value).toFixed(2) : value;
}
