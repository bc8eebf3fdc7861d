import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import type { Cgroup } from '../../src/engine/isolation/cgroup/driver.js';
import type { Limits } from '../../src/model/limits.js';
import { openRealWorld, startInside } from '../support/cgroup-worlds.js';
import { requires } from '../support/requires.js';

const CPU = '/sys/fs/cgroup/cpu';
const hasRealTime = existsSync(`${CPU}/cpu.rt_runtime_us`) && spawnSync('chrt', ['-r', '1', 'true']).status === 0;
const needs = hasRealTime
  ? requires('root', 'cgroup-v1', 'command:chrt')
  : { skip: 'needs real-time scheduling by group' };

const cpuFolder = (cgroup: Cgroup) => cgroup.paths.v1.find((path) => existsSync(`${path}/cpu.rt_runtime_us`)) ?? '';
const read = (folder: string) =>
  ['cpu.rt_runtime_us', 'cpu.rt_period_us'].map((file) => Number(readFileSync(`${folder}/${file}`, 'utf8')));

/** The exit code of a program that asks for a real-time policy in the group. */
async function runInside(cgroup: Cgroup): Promise<number | null> {
  const child = startInside(cgroup, ['sh', '-c', 'chrt -r 1 true 2>/dev/null']);
  await once(child, 'exit');
  return child.exitCode;
}

test('a group with real time runs real-time programs, one without does not, and it changes live', needs, async (t) => {
  const world = openRealWorld();
  t.after(() => world.close());
  const make = (id: string, limits: Limits) =>
    world.driver.create({ id }, { limits, devices: [{ allow: true, access: 'rwm' }] });
  const [one, two] = [make('one', { cpuRtRuntimeUs: 20_000 }), make('two', {})];
  const parent = dirname(cpuFolder(one));
  assert.deepEqual(read(cpuFolder(one)), [20_000, 1_000_000]);
  assert.deepEqual(one.readLimits({}), { cpuRtRuntimeUs: 20_000 });
  assert.deepEqual([await runInside(one), await runInside(two)], [0, 1]);

  let held: Limits = {};
  const steps: readonly [Parameters<Cgroup['update']>[1], Limits, number][] = [
    [{ cpuRtRuntimeUs: 5000, cpuRtPeriodUs: 50_000 }, { cpuRtRuntimeUs: 5000, cpuRtPeriodUs: 50_000 }, 120_000],
    [{ cpuRtPeriodUs: 500_000 }, { cpuRtRuntimeUs: 5000, cpuRtPeriodUs: 500_000 }, 120_000],
    [{ cpuRtRuntimeUs: 50_000 }, { cpuRtRuntimeUs: 50_000, cpuRtPeriodUs: 500_000 }, 120_000],
    [{ cpuRtRuntimeUs: 2000, cpuRtPeriodUs: 10_000 }, { cpuRtRuntimeUs: 2000, cpuRtPeriodUs: 10_000 }, 220_000],
    [{ cpuRtRuntimeUs: null, cpuRtPeriodUs: null }, {}, 220_000],
  ];
  for (const [patch, wanted, parentUs] of steps) {
    const { limits } = await two.update(held, patch);
    assert.deepEqual(limits, wanted, JSON.stringify(patch));
    assert.deepEqual(read(parent), [parentUs, 1_000_000], JSON.stringify(patch));
    held = limits;
  }
  assert.equal(await runInside(two), 1);
});

test('more real time than there is is refused, and what the others have stays', needs, async (t) => {
  const world = openRealWorld();
  t.after(() => world.close());
  const group = world.driver.create(
    { id: 'one' },
    { limits: { cpuRtRuntimeUs: 10_000 }, devices: [{ allow: true, access: 'rwm' }] },
  );
  await assert.rejects(
    group.update({ cpuRtRuntimeUs: 10_000 }, { cpuRtRuntimeUs: 990_000 }),
    /cpu\.rt_runtime_us: EINVAL/,
  );
  assert.deepEqual(group.readLimits({}), { cpuRtRuntimeUs: 10_000 });
});
