import { applyLimitsPatch, type Limits, type LimitsPatch } from '../../model/limits.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import type { BundleResources } from './bundle-config.js';

/** The limits of `linux.resources`, to begin with. */
export function toLimits(resources: BundleResources): Limits {
  const limits = applyLimitsPatch({}, toLimitsPatch(resources));
  // Docker would give as much swap again to who has said nothing about it; the spec leaves it alone.
  const isSilent = limits.memoryBytes !== undefined && limits.memorySwapBytes === undefined;
  return isSilent ? { ...limits, memorySwapBytes: 'unlimited' } : limits;
}

/** What `linux.resources` names: -1, and 0 where no limit can be 0, lift a limit. */
export function toLimitsPatch({ memory = {}, cpu = {}, pids = {}, blockIO = {} }: BundleResources): LimitsPatch {
  return omitUndefined({
    memoryBytes: aboveZero(memory.limit),
    memorySwapBytes: memory.swap !== undefined && memory.swap < 0 ? ('unlimited' as const) : aboveZero(memory.swap),
    memoryReservationBytes: aboveZero(memory.reservation),
    memorySwappiness: memory.swappiness,
    oomKillDisable: memory.disableOOMKiller === true ? true : undefined,
    cpuShares: given(cpu.shares),
    cpuQuotaUs: cpu.quota === 0 ? undefined : aboveZero(cpu.quota),
    cpuPeriodUs: given(cpu.period),
    cpuRtRuntimeUs: given(cpu.realtimeRuntime),
    cpuRtPeriodUs: given(cpu.realtimePeriod),
    cpusetCpus: cpu.cpus || undefined,
    cpusetMems: cpu.mems || undefined,
    pidsMax: aboveZero(pids.limit),
    blkioWeight: given(blockIO.weight),
    blkioWeightDevices: blockIO.weightDevice?.flatMap(({ major, minor, weight }) =>
      weight ? [{ path: toPath(major, minor), weight }] : [],
    ),
    deviceReadBps: toRates(blockIO.throttleReadBpsDevice),
    deviceWriteBps: toRates(blockIO.throttleWriteBpsDevice),
    deviceReadIops: toRates(blockIO.throttleReadIOPSDevice),
    deviceWriteIops: toRates(blockIO.throttleWriteIOPSDevice),
  });
}

/** The spec names devices by number, limits by path: open-cgroup.ts reads these paths. */
function toPath(major: number, minor: number): string {
  return `/${major}:${minor}`;
}

function toRates(
  rates: readonly { readonly major: number; readonly minor: number; readonly rate: number }[] | undefined,
) {
  return rates?.filter(({ rate }) => rate > 0).map(({ major, minor, rate }) => ({ path: toPath(major, minor), rate }));
}

/** 0 is what Go writes for "not said". */
function given(value: number | undefined): number | undefined {
  return value === 0 ? undefined : value;
}

function aboveZero(value: number | undefined): number | null | undefined {
  return value === undefined || value > 0 ? value : null;
}
