import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateLimits } from '../../src/engine/isolation/cgroup/limit-validation.js';
import type { Limits } from '../../src/model/limits.js';

const MIB = 2 ** 20;
const host = { cpus: 2, cpusetCpus: '0-1', cpusetMems: '0', hasRealTime: true };

const REFUSED: readonly (readonly [Limits, string])[] = [
  [{ memoryBytes: 4 * MIB - 1 }, 'Minimum memory limit allowed is 4MB'],
  [{ memoryBytes: Number.NaN }, 'Minimum memory limit allowed is 4MB'],
  [
    { memoryBytes: 8 * MIB, memorySwapBytes: 7 * MIB },
    'Minimum memoryswap limit should be larger than memory limit, see usage',
  ],
  [{ memorySwapBytes: 7 * MIB }, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
  [
    { memoryBytes: 8 * MIB, memoryReservationBytes: 9 * MIB },
    'Minimum memory limit can not be less than memory reservation limit, see usage',
  ],
  [{ memoryReservationBytes: MIB }, 'Minimum memory reservation allowed is 4MB'],
  [{ memorySwappiness: 101 }, 'Invalid value: 101, valid memory swappiness range is 0-100'],
  [{ nanoCpus: 1e9, cpuPeriodUs: 100_000 }, 'Conflicting options: Nano CPUs and CPU Period cannot both be set'],
  [{ nanoCpus: 1e9, cpuQuotaUs: 100_000 }, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
  [{ nanoCpus: 2.01e9 }, 'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [{ nanoCpus: 9e6 }, 'Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available'],
  [{ cpuPeriodUs: 999 }, 'CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)'],
  [{ cpuQuotaUs: 999 }, 'CPU cfs quota can not be less than 1ms (i.e. 1000)'],
  [{ cpuRtRuntimeUs: 2000, cpuRtPeriodUs: 1000 }, 'cpu real-time runtime cannot be higher than cpu real-time period'],
  [{ cpuRtRuntimeUs: 1_000_001 }, 'cpu real-time runtime cannot be higher than cpu real-time period'],
  [
    { cpuRtPeriodUs: 2 ** 31 },
    'invalid CPU real-time period 2147483648 and runtime 0: use microseconds, a period of at most 2147483647',
  ],
  [{ cpuShares: 1 }, 'the minimum allowed cpu-shares is 2'],
  [{ cpuShares: 262_145 }, 'the maximum allowed cpu-shares is 262144'],
  [{ cpusetCpus: '0,7' }, 'Requested CPUs are not available - requested 0,7, available: 0-1'],
  [{ cpusetMems: '1' }, 'Requested memory nodes are not available - requested 1, available: 0'],
  [{ cpusetCpus: 'x' }, 'Invalid value x for cpuset cpus: use a list such as 0-2,7'],
  [{ pidsMax: 0 }, 'invalid pids limit 0: use a number from 1'],
  [{ blkioWeight: 9 }, 'Range of blkio weight is from 10 to 1000'],
  [
    { deviceReadBps: [{ path: 'sda', rate: 1 }] },
    'invalid rate 1 for device sda: use an absolute path and a number from 1',
  ],
];

for (const [limits, message] of REFUSED) {
  test(`${JSON.stringify(limits)} is refused`, () => {
    assert.throws(() => validateLimits(limits, host), { kind: 'invalid-argument', message });
  });
}

test('limits at the edge of each range are taken', () => {
  const edges: readonly Limits[] = [
    { memoryBytes: 4 * MIB, memorySwapBytes: 4 * MIB, memoryReservationBytes: 4 * MIB, memorySwappiness: 0 },
    { nanoCpus: 1e7, cpuShares: 2, cpusetCpus: '0-1', cpusetMems: '0', pidsMax: 1, blkioWeight: 10 },
    { nanoCpus: 2e9, cpuShares: 262_144, blkioWeight: 1000 },
    { cpuPeriodUs: 1000, cpuQuotaUs: 1000, memorySwapBytes: 'unlimited' },
    {},
  ];
  for (const limits of edges) validateLimits(limits, host);
});

test('real time is refused where the kernel does not share it out by group', () => {
  for (const limits of [{ cpuRtRuntimeUs: 1000 }, { cpuRtPeriodUs: 1000 }]) {
    assert.throws(() => validateLimits(limits, { ...host, hasRealTime: false }), {
      kind: 'invalid-argument',
      message: 'Your kernel does not support CPU real-time scheduler',
    });
  }
});
