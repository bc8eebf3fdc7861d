import type { CgroupStats, InterfaceStats } from '../../model/cgroup-stats.js';
import { toList, toNumber, toObject, toText } from '../../model/json-values.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { fromWireTime } from './time.js';

const NS_PER_US = 1000;
/** What dockerd tells as the limit of who has none, on cgroup v1: the greatest number of pages. */
const NO_LIMIT = 2 ** 62;

/**
 * One object of `GET /containers/{id}/stats`, of cgroup v1 or v2 as it is: the other direction of stats.ts. Undefined where it is of a
 * container that does not run. `hostBytes` is what a container without a limit is told to have.
 */
export function fromWireStats(value: unknown, hostBytes: number): CgroupStats | undefined {
  const wire = toObject(value);
  const [cpu, memory, pids] = [
    toObject(wire['cpu_stats']),
    toObject(wire['memory_stats']),
    toObject(wire['pids_stats']),
  ];
  const atMs = fromWireTime(toText(wire['read']));
  if (atMs === 0 || (memory['usage'] === undefined && pids['current'] === undefined)) return undefined;
  const [usage, throttling] = [toObject(cpu['cpu_usage']), toObject(cpu['throttling_data'])];
  return omitUndefined({
    atMs,
    cpu: {
      usageUs: toNumber(usage['total_usage']) / NS_PER_US,
      userUs: toNumber(usage['usage_in_usermode']) / NS_PER_US,
      systemUs: toNumber(usage['usage_in_kernelmode']) / NS_PER_US,
      periods: toNumber(throttling['periods']),
      throttledPeriods: toNumber(throttling['throttled_periods']),
      throttledUs: toNumber(throttling['throttled_time']) / NS_PER_US,
    },
    memory: fromWireMemory(memory, hostBytes),
    pids: omitUndefined({ current: toNumber(pids['current']), max: toLimit(pids['limit'], NO_LIMIT) }),
    io: fromWireBlockStats(wire['blkio_stats']),
    network: fromWireInterfaces(wire['networks']),
  });
}

function fromWireMemory(memory: ReturnType<typeof toObject>, hostBytes: number): CgroupStats['memory'] {
  const stats = toObject(memory['stats']);
  const first = (...names: readonly string[]) => {
    const found = names.find((name) => typeof stats[name] === 'number');
    return found === undefined ? 0 : toNumber(stats[found]);
  };
  const currentBytes = toNumber(memory['usage']);
  return omitUndefined({
    currentBytes,
    workingSetBytes: Math.max(0, currentBytes - first('total_inactive_file', 'inactive_file')),
    anonBytes: first('total_rss', 'rss', 'anon'),
    fileBytes: first('total_cache', 'cache', 'file'),
    kernelBytes: first('kernel', 'kernel_stack', 'slab'),
    peakBytes: toNumber(memory['max_usage']) || undefined,
    limitBytes: toLimit(memory['limit'], hostBytes),
    oomKills: 0,
  });
}

/** Undefined where it is none: what there is anyhow, or more. */
function toLimit(value: unknown, all: number): number | undefined {
  const limit = toNumber(value);
  return limit === 0 || limit >= all ? undefined : limit;
}

function fromWireBlockStats(value: unknown): CgroupStats['io'] {
  const wire = toObject(value);
  const sum = (list: unknown, word: string): number =>
    toList(list)
      .map(toObject)
      .filter(({ op }) => toText(op).toLowerCase() === word)
      .reduce((total, one) => total + toNumber(one['value']), 0);
  const [bytes, operations] = [wire['io_service_bytes_recursive'], wire['io_serviced_recursive']];
  return {
    readBytes: sum(bytes, 'read'),
    writeBytes: sum(bytes, 'write'),
    readOperations: sum(operations, 'read'),
    writeOperations: sum(operations, 'write'),
  };
}

function fromWireInterfaces(value: unknown): CgroupStats['network'] {
  const interfaces: Readonly<Record<string, InterfaceStats>> = Object.fromEntries(
    Object.entries(toObject(value)).map(([name, one]) => {
      const wire = toObject(one);
      return [
        name,
        {
          receivedBytes: toNumber(wire['rx_bytes']),
          sentBytes: toNumber(wire['tx_bytes']),
          receivedPackets: toNumber(wire['rx_packets']),
          sentPackets: toNumber(wire['tx_packets']),
        },
      ];
    }),
  );
  const all = Object.values(interfaces);
  if (all.length === 0) return undefined;
  const sum = (name: keyof InterfaceStats): number => all.reduce((total, one) => total + one[name], 0);
  return {
    receivedBytes: sum('receivedBytes'),
    sentBytes: sum('sentBytes'),
    receivedPackets: sum('receivedPackets'),
    sentPackets: sum('sentPackets'),
    interfaces,
  };
}
