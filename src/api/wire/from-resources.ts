import { z } from 'zod/mini';
import type { ContainerConfig, DeviceConfig, Ulimit } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { Limits, LimitsPatch } from '../../model/limits.js';
import { nonEmpty, omitUndefined } from '../../model/omit-undefined.js';
import { parseDevice, parseDeviceRule, parseUlimit } from '../../model/run-security.js';
import { goBoolean, goInteger, goObject, goText, goTexts } from './go-json.js';

const rates = z.optional(z.array(goObject({ Path: goText, Rate: goInteger })));

/** Docker Engine API 1.51, Resources: what a container may use. */
export const resourceFields = {
  CpuShares: goInteger,
  Memory: goInteger,
  CgroupParent: goText,
  BlkioWeight: goInteger,
  BlkioWeightDevice: z.optional(z.array(goObject({ Path: goText, Weight: goInteger }))),
  BlkioDeviceReadBps: rates,
  BlkioDeviceWriteBps: rates,
  BlkioDeviceReadIOps: rates,
  BlkioDeviceWriteIOps: rates,
  CpuPeriod: goInteger,
  CpuQuota: goInteger,
  CpuRealtimePeriod: goInteger,
  CpuRealtimeRuntime: goInteger,
  CpusetCpus: goText,
  CpusetMems: goText,
  Devices: z.optional(z.array(goObject({ PathOnHost: goText, PathInContainer: goText, CgroupPermissions: goText }))),
  DeviceCgroupRules: goTexts,
  DeviceRequests: z.optional(z.array(z.looseObject({}))),
  MemoryReservation: goInteger,
  MemorySwap: goInteger,
  MemorySwappiness: goInteger,
  NanoCpus: goInteger,
  OomKillDisable: goBoolean,
  PidsLimit: goInteger,
  Ulimits: z.optional(z.array(goObject({ Name: goText, Soft: goInteger, Hard: goInteger }))),
};

const resources = goObject(resourceFields);
type Resources = z.output<typeof resources>;

/** The limits of a new container; 0 is none. Throws invalid-argument. */
export function fromWireLimits(wire: Resources): Limits {
  const { Memory = 0, NanoCpus = 0 } = wire;
  if (Memory < 0) throw invalid(`invalid memory limit ${Memory}: it cannot be below 0`);
  if (NanoCpus < 0) throw invalid(`invalid NanoCpus ${NanoCpus}: the range of CPUs is from 0.01 to those of the host`);
  const patch = { ...fromWireCommon(wire), ...fromWireCreateOnly(wire) };
  return Object.fromEntries(Object.entries(omitUndefined(patch)).filter(([, value]) => value !== null));
}

/** The change of `POST /containers/{id}/update`: 0 leaves a limit as it is, what is below 0 lifts it. Throws invalid-argument. */
export function fromWireLimitsPatch(wire: Resources): LimitsPatch {
  return omitUndefined(fromWireCommon(wire));
}

function fromWireCommon(wire: Resources): { readonly [K in keyof LimitsPatch]: LimitsPatch[K] | undefined } {
  return {
    memoryBytes: toLimit(wire.Memory),
    memorySwapBytes: wire.MemorySwap === -1 ? 'unlimited' : toLimit(wire.MemorySwap),
    memoryReservationBytes: toLimit(wire.MemoryReservation),
    nanoCpus: toLimit(wire.NanoCpus),
    cpuPeriodUs: toLimit(wire.CpuPeriod),
    cpuQuotaUs: toLimit(wire.CpuQuota),
    cpuRtPeriodUs: toLimit(wire.CpuRealtimePeriod),
    cpuRtRuntimeUs: toLimit(wire.CpuRealtimeRuntime),
    cpuShares: toLimit(wire.CpuShares),
    cpusetCpus: wire.CpusetCpus || undefined,
    cpusetMems: wire.CpusetMems || undefined,
    // Docker's one pointer: 0 is no limit, and only `null` leaves it as it is.
    pidsMax: wire.PidsLimit === 0 ? null : toLimit(wire.PidsLimit),
    blkioWeight: toLimit(wire.BlkioWeight),
  };
}

function fromWireCreateOnly(wire: Resources): { readonly [K in keyof Limits]: Limits[K] | undefined } {
  const { MemorySwappiness: swappiness = -1 } = wire;
  if (swappiness !== -1 && (swappiness < 0 || swappiness > 100)) {
    throw invalid(`invalid value: ${swappiness}, valid memory swappiness range is 0-100`);
  }
  return {
    memorySwappiness: swappiness === -1 ? undefined : swappiness,
    oomKillDisable: wire.OomKillDisable === true ? true : undefined,
    blkioWeightDevices: nonEmpty(
      (wire.BlkioWeightDevice ?? [])
        .map(({ Path, Weight }) => ({ path: requirePath(Path), weight: Weight ?? 0 }))
        .filter(({ weight }) => weight !== 0),
    ),
    deviceReadBps: toRates(wire.BlkioDeviceReadBps),
    deviceWriteBps: toRates(wire.BlkioDeviceWriteBps),
    deviceReadIops: toRates(wire.BlkioDeviceReadIOps),
    deviceWriteIops: toRates(wire.BlkioDeviceWriteIOps),
  };
}

function toRates(wire: Resources['BlkioDeviceReadBps'] = []): Limits['deviceReadBps'] {
  return nonEmpty(
    wire.map(({ Path, Rate = 0 }) => {
      if (Rate < 1) throw invalid(`invalid rate for device: ${Path ?? ''}: number must be a positive integer`);
      return { path: requirePath(Path), rate: Rate };
    }),
  );
}

function requirePath(path = ''): string {
  if (path.startsWith('/dev/')) return path;
  throw invalid(`bad format for device path: ${path}`);
}

function toLimit(value = 0): number | null | undefined {
  if (value === 0) return undefined;
  return value < 0 ? null : value;
}

/** Devices and process limits. Throws invalid-argument. */
export function fromWireDevices(
  wire: Resources,
): Pick<ContainerConfig, 'devices' | 'deviceCgroupRules' | 'ulimits' | 'cgroupParent'> {
  if ((wire.DeviceRequests ?? []).length > 0) {
    throw invalid('could not select device driver "" with capabilities: [[gpu]]');
  }
  return omitUndefined({
    devices: nonEmpty((wire.Devices ?? []).map(toDevice)),
    deviceCgroupRules: nonEmpty((wire.DeviceCgroupRules ?? []).map(parseDeviceRule)),
    ulimits: nonEmpty((wire.Ulimits ?? []).map(toUlimit)),
    cgroupParent: wire.CgroupParent || undefined,
  });
}

function toDevice({
  PathOnHost = '',
  PathInContainer,
  CgroupPermissions,
}: NonNullable<Resources['Devices']>[number]): DeviceConfig {
  return parseDevice([PathOnHost, PathInContainer || PathOnHost, CgroupPermissions || 'rwm'].join(':'));
}

function toUlimit({ Name = '', Soft = 0, Hard = 0 }: NonNullable<Resources['Ulimits']>[number]): Ulimit {
  // The greatest int64 is RLIM_INFINITY to the programs that read it from getrlimit(2).
  const [soft, hard] = [Soft, Hard].map((value) => (value >= 2 ** 63 ? -1 : value));
  return parseUlimit(`${Name}=${soft}:${hard}`);
}

function invalid(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
