import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import type { Cgroup } from '../../src/engine/isolation/cgroup/driver.js';
import { toDeviceRules } from '../../src/engine/isolation/devices.js';
import { EngineError, type ErrorKind } from '../../src/model/errors.js';
import type { Limits } from '../../src/model/limits.js';
import { type CgroupWorld, cgroupWorlds, type OpenWorld } from '../support/cgroup-worlds.js';
import { requires } from '../support/requires.js';

const MIB = 2 ** 20;
const devices = toDeviceRules([], [], false);

type Subject = (world: OpenWorld) => Promise<void> | void;

function hold(world: CgroupWorld, title: string, subject: Subject): void {
  test(`${world.name}: ${title}`, requires(...world.needs), async () => {
    const open = world.open();
    try {
      await subject(open);
    } finally {
      await open.close();
    }
  });
}

function create(world: OpenWorld, limits: Limits, id = 'one'): Cgroup {
  return world.driver.create({ id }, { limits: world.driver.check(limits).limits, devices });
}

const isKind = (kind: ErrorKind, words: RegExp) => (error: unknown) =>
  error instanceof EngineError && error.kind === kind && words.test(error.message);

const CONTRACT: readonly (readonly [string, Subject])[] = [
  [
    'create writes every limit before there is a process, and they read back as asked',
    (world) => {
      const limits: Limits = {
        memoryBytes: 64 * MIB,
        memorySwapBytes: 96 * MIB,
        memoryReservationBytes: 32 * MIB,
        nanoCpus: 500_000_000,
        cpuShares: 512,
        cpusetCpus: '0',
        cpusetMems: '0',
        pidsMax: 20,
        deviceWriteBps: [{ path: world.device, rate: 1_048_576 }],
      };
      const cgroup = create(world, limits);
      assert.deepEqual(cgroup.readLimits(limits), limits);
      assert.deepEqual(cgroup.processes(), []);
    },
  ],
  ['a group without limits reads back none', (world) => assert.deepEqual(create(world, {}).readLimits({}), {})],
  [
    'memory alone allows as much swap again',
    (world) => {
      const { limits } = world.driver.check({ memoryBytes: 8 * MIB });
      assert.deepEqual(limits, { memoryBytes: 8 * MIB, memorySwapBytes: 16 * MIB });
    },
  ],
  [
    'update takes memory and swap up, down and away in any combination',
    async (world) => {
      const cgroup = create(world, { memoryBytes: 64 * MIB });
      let held = cgroup.readLimits({});
      const steps: readonly [Parameters<Cgroup['update']>[1], Limits][] = [
        [{ memoryBytes: 256 * MIB }, { memoryBytes: 256 * MIB, memorySwapBytes: 512 * MIB }],
        [
          { memoryBytes: 8 * MIB, memorySwapBytes: 8 * MIB },
          { memoryBytes: 8 * MIB, memorySwapBytes: 8 * MIB },
        ],
        [{ memoryBytes: 32 * MIB }, { memoryBytes: 32 * MIB, memorySwapBytes: 32 * MIB }],
        [{ memorySwapBytes: 'unlimited' }, { memoryBytes: 32 * MIB, memorySwapBytes: 'unlimited' }],
        [{ memoryBytes: 64 * MIB }, { memoryBytes: 64 * MIB, memorySwapBytes: 'unlimited' }],
        [{ memorySwapBytes: 80 * MIB }, { memoryBytes: 64 * MIB, memorySwapBytes: 80 * MIB }],
        [{ memorySwapBytes: null }, { memoryBytes: 64 * MIB, memorySwapBytes: 'unlimited' }],
        [{ memoryBytes: null }, {}],
        [{ memoryBytes: 16 * MIB }, { memoryBytes: 16 * MIB, memorySwapBytes: 32 * MIB }],
      ];
      for (const [patch, wanted] of steps) {
        const { limits } = await cgroup.update(held, patch);
        assert.deepEqual(limits, wanted, JSON.stringify(patch));
        assert.deepEqual(cgroup.readLimits({}), wanted);
        held = limits;
      }
    },
  ],
  [
    'update changes CPUs live, between quota and --cpus too, and lifts them',
    async (world) => {
      const cgroup = create(world, { nanoCpus: 250_000_000 });
      let held: Limits = { nanoCpus: 250_000_000 };
      const steps: readonly [Parameters<Cgroup['update']>[1], Limits][] = [
        [{ nanoCpus: 1_500_000_000 }, { nanoCpus: 1_500_000_000 }],
        [
          { cpuPeriodUs: 10_000, cpuQuotaUs: 5000 },
          { cpuPeriodUs: 10_000, cpuQuotaUs: 5000 },
        ],
        [
          { cpuPeriodUs: 1_000_000, cpuQuotaUs: 900_000 },
          { cpuPeriodUs: 1_000_000, cpuQuotaUs: 900_000 },
        ],
        [{ nanoCpus: 10_000_000 }, { nanoCpus: 10_000_000 }],
        [{ nanoCpus: null, cpuShares: 2048 }, { cpuShares: 2048 }],
        [{ cpuShares: null }, {}],
      ];
      for (const [patch, wanted] of steps) {
        const { limits } = await cgroup.update(held, patch);
        assert.deepEqual(limits, wanted, JSON.stringify(patch));
        held = limits;
      }
    },
  ],
  [
    'update changes and lifts pids, cpuset, reservation and device rates',
    async (world) => {
      const before: Limits = { pidsMax: 10, cpusetCpus: '0', memoryReservationBytes: 8 * MIB };
      const cgroup = create(world, before);
      const rates: Limits = {
        deviceReadBps: [{ path: world.device, rate: 4096 }],
        deviceWriteBps: [{ path: world.device, rate: 8192 }],
        deviceReadIops: [{ path: world.device, rate: 10 }],
        deviceWriteIops: [{ path: world.device, rate: 20 }],
      };
      const changed = await cgroup.update(before, { pidsMax: 30, cpusetCpus: '0-1', ...rates });
      assert.deepEqual(changed.limits, { ...before, ...rates, pidsMax: 30, cpusetCpus: '0-1' });
      const lifted = await cgroup.update(changed.limits, {
        pidsMax: null,
        cpusetCpus: null,
        memoryReservationBytes: null,
        deviceReadBps: null,
        deviceWriteBps: null,
        deviceReadIops: null,
        deviceWriteIops: null,
      });
      assert.deepEqual(lifted.limits, {});
      assert.deepEqual(cgroup.readLimits(rates), {});
    },
  ],
  [
    'a limit below what cannot be reclaimed is refused, nothing is killed, and the other changes are undone',
    async (world) => {
      const before = world.driver.check({ memoryBytes: 128 * MIB, cpuShares: 512, pidsMax: 50 }).limits;
      const cgroup = create(world, before);
      await world.occupy(cgroup, { anonBytes: 40 * MIB });
      const patch = { memoryBytes: 16 * MIB, cpuShares: 1000, pidsMax: 60 };
      assert.equal(cgroup.preview(before, patch).outcome, 'oom-risk');
      await assert.rejects(cgroup.update(before, patch), isKind('conflict', /memory limit to 16 MiB: 4\d(\.\d)? MiB/));
      assert.deepEqual(cgroup.readLimits(before), before);
      assert.equal(cgroup.processes().length, 1);
    },
  ],
  [
    'a limit below the page cache is said to reclaim, and then does',
    async (world) => {
      const before = world.driver.check({ memoryBytes: 128 * MIB }).limits;
      const cgroup = create(world, before);
      await world.occupy(cgroup, { anonBytes: 2 * MIB, cacheBytes: 48 * MIB });
      const preview = cgroup.preview(before, { memoryBytes: 24 * MIB });
      assert.equal(preview.outcome, 'reclaim');
      assert.match(preview.message, /MiB are in use: .* of page cache will be dropped first/);
      assert.deepEqual(cgroup.readLimits({}), before);
      const { limits } = await cgroup.update(before, { memoryBytes: 24 * MIB });
      assert.equal(limits.memoryBytes, 24 * MIB);
      const stats = readOnce(cgroup);
      assert.ok(stats.memory.currentBytes <= 24 * MIB);
      assert.equal(stats.memory.oomKills, 0);
    },
  ],
  [
    'what no host can have is refused in Docker’s words, and preview says the same',
    async (world) => {
      const cgroup = create(world, {});
      for (const [patch, words] of [
        [{ memoryBytes: MIB }, /Minimum memory limit allowed is 4MB/],
        [{ nanoCpus: 1e15 }, /Range of CPUs is from 0.01 to \d+.00/],
        [{ cpusetCpus: '7000' }, /Requested CPUs are not available - requested 7000, available: 0/],
      ] as const) {
        await assert.rejects(cgroup.update({}, patch), isKind('invalid-argument', words));
        const preview = cgroup.preview({}, patch);
        assert.equal(preview.outcome, 'refused');
        assert.match(preview.message, words);
      }
      assert.throws(() => create(world, {}, '../x'), isKind('invalid-argument', /invalid cgroup parent/));
    },
  ],
  [
    'stats show what the group uses and the limits in force',
    async (world) => {
      const cgroup = create(world, { memoryBytes: 128 * MIB, nanoCpus: 500_000_000, pidsMax: 9 });
      await world.occupy(cgroup, { anonBytes: 20 * MIB });
      const stats = readOnce(cgroup);
      assert.ok(stats.memory.currentBytes >= 20 * MIB && stats.memory.currentBytes < 40 * MIB);
      assert.ok(stats.memory.anonBytes >= 20 * MIB);
      assert.equal(stats.memory.limitBytes, 128 * MIB);
      assert.equal(stats.cpu.limitNanoCpus, 500_000_000);
      assert.ok(stats.cpu.usageUs > 0);
      assert.equal(stats.pids.max, 9);
      assert.equal(stats.pressure !== undefined, world.hasPressure);
    },
  ],
  [
    'a stats reader says when its group has gone, and one that is refreshed sees a new limit at once',
    async (world) => {
      const before = world.driver.check({ memoryBytes: 64 * MIB }).limits;
      const cgroup = create(world, before);
      const reader = cgroup.openStats();
      try {
        assert.equal(reader.read()?.memory.limitBytes, 64 * MIB);
        await cgroup.update(before, { memoryBytes: 32 * MIB });
        reader.refresh();
        assert.equal(reader.read()?.memory.limitBytes, 32 * MIB);
      } finally {
        reader.close();
      }
      assert.equal(reader.read(), undefined);
      await cgroup.remove();
      assert.equal(cgroup.openStats().read(), undefined);
    },
  ],
  [
    'freeze stops the group, thaw lets it go on, and a frozen group can be killed',
    async (world) => {
      const cgroup = create(world, {});
      await world.occupy(cgroup, { anonBytes: MIB });
      await cgroup.freeze();
      await cgroup.thaw();
      await cgroup.freeze();
      await cgroup.kill();
      assert.deepEqual(cgroup.processes(), []);
      await cgroup.remove();
      // Who kills a frozen container thaws it then, and it may be gone.
      await cgroup.thaw();
    },
  ],
  [
    'remove kills what is in the group and takes every folder away, and can be repeated',
    async (world) => {
      const cgroup = create(world, {});
      await world.occupy(cgroup, { anonBytes: MIB });
      assert.deepEqual(world.driver.list(), ['one']);
      await cgroup.remove();
      assert.equal(cgroup.exists(), false);
      assert.deepEqual(world.driver.list(), []);
      await cgroup.remove();
    },
  ],
  [
    'the parent of all groups goes with the last of them, and comes back with the next',
    async (world) => {
      const [one, two] = [create(world, {}, 'one'), create(world, {}, 'two')];
      world.driver.removeParent();
      assert.deepEqual([one.exists(), two.exists()], [true, true]);
      await one.remove();
      await two.remove();
      const parents = one.paths.remove.map((folder) => dirname(folder));
      assert.ok(parents.every((parent) => world.files.exists(parent)));
      world.driver.removeParent();
      assert.deepEqual(
        parents.filter((parent) => world.files.exists(parent)),
        [],
      );
      world.driver.removeParent();
      assert.equal(create(world, { pidsMax: 7 }).readLimits({ pidsMax: 7 }).pidsMax, 7);
    },
  ],
  [
    'a group left behind is made anew, without its old limits, and refused while something lives in it',
    async (world) => {
      create(world, { memoryBytes: 64 * MIB, pidsMax: 5 });
      const again = create(world, { pidsMax: 7 });
      assert.deepEqual(again.readLimits({}), { pidsMax: 7 });
      await world.occupy(again, { anonBytes: MIB });
      assert.throws(() => create(world, {}), isKind('conflict', /is in use/));
      assert.equal(again.processes().length, 1);
    },
  ],
];

function readOnce(cgroup: Cgroup) {
  const reader = cgroup.openStats();
  try {
    const stats = reader.read();
    assert.ok(stats);
    return stats;
  } finally {
    reader.close();
  }
}

for (const world of cgroupWorlds) {
  for (const [title, subject] of CONTRACT) hold(world, title, subject);
}
