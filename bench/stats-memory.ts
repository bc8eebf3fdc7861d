import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { CgroupStats } from '../src/model/cgroup-stats.js';
import type { ContainerId } from '../src/model/ids.js';
import { createStatsStore } from '../src/store/stats-store.js';
import type { Benchmark, Contestant } from './benchmark.js';

const CONTAINERS = 200;
const START_SECOND = 1_700_000_000;
const MEBIBYTE = 2 ** 20;
const SWEEP_MS = 500;

/** What the histories of 200 containers take after an hour of readings, which are fed and not waited for. */
export const statsMemory: Benchmark = {
  name: `screen: heap and arrays of the histories of ${CONTAINERS} containers, one reading a second`,
  unit: 'MiB',
  ours: 'an hour',
  target: 16,
  runs: 1,
  open: () => ({ contestants: [feedFor('an hour', 3600), feedFor('ten minutes', 600)] }),
};

function feedFor(name: string, seconds: number): Contestant {
  return {
    name,
    run: async () => {
      const before = await readUsedBytes();
      const store = createStatsStore();
      for (let second = START_SECOND; second < START_SECOND + seconds; second++) {
        store.add(second * 1000, new Map(IDS.map((id) => [id, reading(second)])));
      }
      const used = (await readUsedBytes()) - before;
      // Read after it, so that nothing of it is collected before.
      if (store.getState().histories.size !== CONTAINERS) throw new Error('histories are missing');
      return used / MEBIBYTE;
    },
  };
}

async function readUsedBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  // What is behind arrays is given back in the background.
  await delay(SWEEP_MS);
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const IDS = Array.from({ length: CONTAINERS }, (_, index) => String(index).padStart(64, '0') as ContainerId);

function reading(second: number): CgroupStats {
  const traffic = { receivedBytes: second, sentBytes: second, receivedPackets: 0, sentPackets: 0 };
  const some = { someAvg10: 1, fullAvg10: 0 };
  return {
    atMs: second * 1000,
    cpu: { usageUs: second, userUs: 0, systemUs: 0, periods: second, throttledPeriods: 0, throttledUs: 0 },
    memory: {
      ...{ currentBytes: 9, workingSetBytes: 9, anonBytes: 3, fileBytes: 3, kernelBytes: 3, oomKills: 0 },
      limitBytes: 2 ** 30,
    },
    pids: { current: 1, max: 10 },
    io: { readBytes: second, writeBytes: second, readOperations: 0, writeOperations: 0 },
    network: { ...traffic, interfaces: { eth0: traffic } },
    pressure: { cpu: some, memory: some, io: some },
  };
}
