import type { DeviceRate, LimitsPatch } from '../model/limits.js';
import { formatBytesFlag } from '../model/units.js';
import { formatCommandLine } from './command-log-store.js';

/** The command line that makes the same change; `update` has no flag for rates of devices: they stand behind it as a comment. */
export function formatUpdateCommand(name: string, patch: LimitsPatch): string {
  const { memoryBytes, memorySwapBytes, memoryReservationBytes, nanoCpus, cpuShares, cpusetCpus } = patch;
  const args = [
    ...flag('--memory', memoryBytes, formatBytesFlag, '-1'),
    ...flag('--memory-swap', memorySwapBytes, (swap) => (swap === 'unlimited' ? '-1' : formatBytesFlag(swap)), '-1'),
    ...flag('--memory-reservation', memoryReservationBytes, formatBytesFlag, '0'),
    ...flag('--cpus', nanoCpus, (nano) => String(nano / 1e9), '0'),
    ...flag('--cpu-shares', cpuShares, String, '0'),
    ...flag('--cpuset-cpus', cpusetCpus, String, ''),
    ...flag('--pids-limit', patch.pidsMax, String, '-1'),
    ...flag('--blkio-weight', patch.blkioWeight, String, '0'),
  ];
  const rates = [
    ...formatRates('--device-read-bps', patch.deviceReadBps),
    ...formatRates('--device-write-bps', patch.deviceWriteBps),
  ];
  const line = formatCommandLine(['gantry', 'update', ...args, name]);
  return rates.length === 0 ? line : `${line}  # ${rates.join(' ')}, which update has no flags for`;
}

function flag<T>(
  name: string,
  value: T | null | undefined,
  format: (value: T) => string,
  lifted: string,
): readonly string[] {
  if (value === undefined) return [];
  return [name, value === null ? lifted : format(value)];
}

function formatRates(name: string, rates: readonly DeviceRate[] | null | undefined): readonly string[] {
  if (rates === undefined) return [];
  if (rates === null) return [`no ${name}`];
  return rates.map(({ path, rate }) => `${name} ${path}:${formatBytesFlag(rate)}`);
}
