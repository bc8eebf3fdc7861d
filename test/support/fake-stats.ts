import type { CgroupStats, InterfaceStats } from '../../src/model/cgroup-stats.js';
import type { Container } from '../../src/model/container.js';

const MIB = 1024 * 1024;

/** Figures that move with the time the container runs: CPU grows by 0.2 s a second, memory swings around 20 MiB. */
export function fakeStats(container: Container, atMs: number): CgroupStats {
  const { state, limits } = container;
  const runMs = state.status === 'running' || state.status === 'paused' ? Math.max(0, atMs - state.startedAtMs) : 0;
  const usageUs = runMs * 200;
  const wanted = 20 * MIB + Math.round(4 * MIB * Math.sin(runMs / 5000));
  const currentBytes = Math.min(wanted, limits.memoryBytes ?? wanted);
  const fileBytes = Math.min(2 * MIB, currentBytes);
  return {
    atMs,
    cpu: {
      usageUs,
      userUs: Math.round(usageUs * 0.8),
      systemUs: Math.round(usageUs * 0.2),
      periods: limits.nanoCpus === undefined ? 0 : Math.floor(runMs / 100),
      throttledPeriods: limits.nanoCpus === undefined ? 0 : Math.floor(runMs / 1000),
      throttledUs: limits.nanoCpus === undefined ? 0 : runMs * 10,
      ...(limits.nanoCpus === undefined ? {} : { limitNanoCpus: limits.nanoCpus }),
    },
    memory: {
      currentBytes,
      workingSetBytes: currentBytes - fileBytes / 2,
      anonBytes: currentBytes - fileBytes,
      fileBytes,
      kernelBytes: MIB / 2,
      peakBytes: 24 * MIB,
      ...(limits.memoryBytes === undefined ? {} : { limitBytes: limits.memoryBytes }),
      oomKills: 0,
    },
    pids: { current: 1, ...(limits.pidsMax === undefined ? {} : { max: limits.pidsMax }) },
    io: { readBytes: runMs * 10, writeBytes: runMs * 5, readOperations: runMs, writeOperations: runMs },
    network: { ...traffic(runMs * 3, runMs), interfaces: interfacesOf(container, runMs) },
  };
}

function traffic(receivedBytes: number, sentBytes: number): InterfaceStats {
  return { receivedBytes, sentBytes, receivedPackets: 7, sentPackets: 5 };
}

/** The later ones have less: a half, a third. */
function interfacesOf({ networks }: Container, runMs: number): Readonly<Record<string, InterfaceStats>> {
  const names = networks.length === 0 ? ['eth0'] : networks.flatMap(({ interfaceName }) => interfaceName ?? []);
  return Object.fromEntries(
    names.map((name, i) => [name, traffic(Math.round((runMs * 3) / (i + 1)), Math.round(runMs / (i + 1)))]),
  );
}
