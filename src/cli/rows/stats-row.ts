import type { CgroupStats } from '../../model/cgroup-stats.js';
import type { Container } from '../../model/container.js';
import { formatBinaryBytes, formatDecimalBytes } from '../../model/units.js';
import type { ListRow, ListShape } from '../format/render-list.js';

export const STATS_LIST: ListShape = {
  titles: {
    Container: 'CONTAINER',
    ID: 'CONTAINER ID',
    Name: 'NAME',
    CPUPerc: 'CPU %',
    MemUsage: 'MEM USAGE / LIMIT',
    MemPerc: 'MEM %',
    NetIO: 'NET I/O',
    BlockIO: 'BLOCK I/O',
    PIDs: 'PIDS',
  },
  columns: ['ID', 'Name', 'CPUPerc', 'MemUsage', 'MemPerc', 'NetIO', 'BlockIO', 'PIDs'],
  typeName: '*container.statsContext',
};

export interface StatsSample {
  readonly container: Container;
  readonly before: CgroupStats | undefined;
  readonly after: CgroupStats | undefined;
  /** Of the host, for containers without a limit. */
  readonly hostMemoryBytes: number;
  readonly truncate: boolean;
}

/** Two readings as a row of `stats`; a container that does not run has nothing but its name. */
export function toStatsRow({ container, before, after, hostMemoryBytes, truncate }: StatsSample): ListRow {
  const id = truncate ? container.id.slice(0, 12) : container.id;
  const common = { Container: container.name, ID: id, Name: container.name };
  if (after === undefined) {
    return {
      ...common,
      CPUPerc: '0.00%',
      MemUsage: '0B / 0B',
      MemPerc: '0.00%',
      NetIO: '0B / 0B',
      BlockIO: '0B / 0B',
      PIDs: '0',
    };
  }
  const limit = after.memory.limitBytes ?? hostMemoryBytes;
  const used = after.memory.workingSetBytes;
  const { network, io } = after;
  return {
    ...common,
    CPUPerc: `${cpuPercent(before, after).toFixed(2)}%`,
    MemUsage: `${formatBinaryBytes(used)} / ${formatBinaryBytes(limit)}`,
    MemPerc: `${(limit === 0 ? 0 : (used / limit) * 100).toFixed(2)}%`,
    NetIO: `${formatDecimalBytes(network?.receivedBytes ?? 0)} / ${formatDecimalBytes(network?.sentBytes ?? 0)}`,
    BlockIO: `${formatDecimalBytes(io.readBytes)} / ${formatDecimalBytes(io.writeBytes)}`,
    PIDs: String(after.pids.current),
  };
}

/** Of one CPU: 100 is one CPU in full use. */
function cpuPercent(before: CgroupStats | undefined, after: CgroupStats): number {
  const elapsedUs = before === undefined ? 0 : (after.atMs - before.atMs) * 1000;
  return before === undefined || elapsedUs <= 0 ? 0 : ((after.cpu.usageUs - before.cpu.usageUs) / elapsedUs) * 100;
}
