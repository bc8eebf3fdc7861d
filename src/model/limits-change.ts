import type { Limits } from './limits.js';
import { formatBytesFlag } from './units.js';

/** The names of the limits in an event, in the order in which they are told. */
const NAMES: readonly (readonly [keyof Limits, string])[] = [
  ['memoryBytes', 'memory'],
  ['nanoCpus', 'cpus'],
  ['pidsMax', 'pids'],
  ['memorySwapBytes', 'memorySwap'],
  ['memoryReservationBytes', 'memoryReservation'],
  ['memorySwappiness', 'memorySwappiness'],
  ['oomKillDisable', 'oomKillDisable'],
  ['cpuPeriodUs', 'cpuPeriod'],
  ['cpuQuotaUs', 'cpuQuota'],
  ['cpuRtPeriodUs', 'cpuRtPeriod'],
  ['cpuRtRuntimeUs', 'cpuRtRuntime'],
  ['cpuShares', 'cpuShares'],
  ['cpusetCpus', 'cpusetCpus'],
  ['cpusetMems', 'cpusetMems'],
  ['blkioWeight', 'blkioWeight'],
  ['blkioWeightDevices', 'blkioWeightDevices'],
  ['deviceReadBps', 'deviceReadBps'],
  ['deviceWriteBps', 'deviceWriteBps'],
  ['deviceReadIops', 'deviceReadIops'],
  ['deviceWriteIops', 'deviceWriteIops'],
];

const NO_LIMIT = 'max';

export interface LimitChange {
  /** Such as `memory` and `cpus`. */
  readonly name: string;
  /** As the flags of `update` take it: `64m`, `0.5`; `max`: no limit. */
  readonly before: string;
  readonly after: string;
}

/**
 * The limits that differ, as attributes of the event `update`: `memory` and `oldMemory`. Docker's event names none; one who
 * follows the events then sees each of several changes, and not only what the last one left.
 */
export function toLimitAttributes(before: Limits, after: Limits): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = {};
  for (const [field, name] of NAMES) {
    const [from, to] = [formatLimit(field, before), formatLimit(field, after)];
    if (from === to) continue;
    attributes[name] = to;
    attributes[oldName(name)] = from;
  }
  return attributes;
}

/** What the attributes of an event `update` say; empty where the endpoint does not tell. */
export function fromLimitAttributes(attributes: Readonly<Record<string, string>>): readonly LimitChange[] {
  return NAMES.flatMap(([, name]) => {
    const after = attributes[name];
    const before = attributes[oldName(name)];
    return after === undefined || before === undefined ? [] : [{ name, before, after }];
  });
}

const oldName = (name: string) => `old${name[0]?.toUpperCase()}${name.slice(1)}`;

function formatLimit(field: keyof Limits, limits: Limits): string {
  const value = limits[field];
  if (value === undefined) return NO_LIMIT;
  if (field === 'nanoCpus') return String(Number(value) / 1e9);
  if (typeof value === 'number' && field.endsWith('Bytes')) return formatBytesFlag(value);
  return typeof value === 'object'
    ? value.map((one) => `${one.path}:${'rate' in one ? one.rate : one.weight}`).join(' ')
    : String(value);
}
