import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Cgroup } from '../../src/engine/isolation/cgroup/driver.js';
import type { Limits } from '../../src/model/limits.js';
import { type OpenWorld, openRealWorld, startInside, waitForReady } from '../support/cgroup-worlds.js';
import { compileProgram } from '../support/compile-program.js';
import { requires } from '../support/requires.js';
import { waitFor } from '../support/wait-for.js';

const MIB = 2 ** 20;
const needs = requires('root', 'cgroup-limits', 'command:cc');

interface Load {
  readonly world: OpenWorld;
  readonly cgroup: Cgroup;
  readonly limits: Limits;
  start(...args: readonly string[]): ReturnType<typeof startInside>;
}

async function underLoad(limits: Limits, act: (load: Load) => Promise<void>): Promise<void> {
  const world = openRealWorld();
  const folder = mkdtempSync(join(tmpdir(), 'gantry-load-'));
  try {
    const program = compileProgram('load', folder);
    const checked = world.driver.check(limits).limits;
    const devices = [{ allow: true, access: 'rwm' }];
    const cgroup = world.driver.create({ id: 'load' }, { limits: checked, devices });
    await act({ world, cgroup, limits: checked, start: (...args) => startInside(cgroup, [program, ...args]) });
  } finally {
    await world.close();
    rmSync(folder, { recursive: true });
  }
}

test('a program that burns CPU under a tenth of a CPU is throttled, and says so in the stats', needs, () =>
  underLoad({ nanoCpus: 100_000_000 }, async ({ cgroup, start }) => {
    await waitForReady(start('0', 'spin'));
    const reader = cgroup.openStats();
    try {
      const stats = await waitFor('five throttled periods, and more time in the program than for its start', () => {
        reader.refresh();
        const now = reader.read();
        return now && now.cpu.throttledPeriods >= 5 && now.cpu.userUs > now.cpu.systemUs && now;
      });
      assert.ok(stats.cpu.throttledUs > 0);
      assert.ok(stats.cpu.periods >= stats.cpu.throttledPeriods);
    } finally {
      reader.close();
    }
  }),
);

/** Microseconds of each period. */
function readQuota({ paths }: Cgroup): string | undefined {
  const v1 = paths.v1.find((path) => /\/cpu\//.test(path));
  const file = v1 === undefined ? `${paths.v2}/cpu.max` : `${v1}/cpu.cfs_quota_us`;
  return readFileSync(file, 'utf8').trim().split(' ')[0];
}

test('more CPU reaches a running program at once, and the kernel file says so', needs, () =>
  underLoad({ nanoCpus: 100_000_000 }, async ({ cgroup, limits, start }) => {
    await waitForReady(start('0', 'spin'));
    assert.equal(readQuota(cgroup), '10000');
    await cgroup.update(limits, { nanoCpus: 1_000_000_000 });
    assert.equal(readQuota(cgroup), '100000');
    await cgroup.update({ nanoCpus: 1_000_000_000 }, { nanoCpus: null });
    assert.match(readQuota(cgroup) ?? '', /^(-1|max)$/);
  }),
);

test('a program that takes more memory than it may is killed, and the kill is counted', needs, () =>
  underLoad({ memoryBytes: 16 * MIB, memorySwapBytes: 16 * MIB }, async ({ cgroup, start }) => {
    const child = start('0', 'grow');
    const [, signal] = await once(child, 'exit');
    assert.equal(signal, 'SIGKILL');
    const reader = cgroup.openStats();
    try {
      const stats = reader.read();
      assert.equal(stats?.memory.oomKills, 1);
      assert.ok((stats?.memory.peakBytes ?? 0) > 15 * MIB);
    } finally {
      reader.close();
    }
  }),
);

test('network counters are those of the process’s own namespace', needs, () =>
  underLoad({}, async ({ cgroup, start }) => {
    const child = start('0', 'wait');
    await waitForReady(child);
    const reader = cgroup.openStats(child.pid);
    try {
      // The host's namespace, in which the test runs: the figures are those of the same file.
      const network = reader.read()?.network;
      assert.ok(network !== undefined && network.receivedBytes >= 0 && network.sentPackets >= 0);
    } finally {
      reader.close();
    }
  }),
);

// On v2 a program is in the place of these rules: device-control.test.ts.
test('no device but the allowed ones opens in the group', requires('root', 'cgroup-v1'), () =>
  underLoad({}, async ({ cgroup }) => {
    const child = startInside(cgroup, ['sh', '-c', 'head -c1 /dev/zero | wc -c; head -c1 /dev/vda 2>&1 | tail -c 40']);
    const output: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    await once(child, 'close');
    assert.match(Buffer.concat(output).toString(), /^1\n.*Operation not permitted/s);
  }),
);
