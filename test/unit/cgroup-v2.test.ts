import assert from 'node:assert/strict';
import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { toDeviceRules } from '../../src/engine/isolation/devices.js';
import type { Limits } from '../../src/model/limits.js';
import { type OpenWorld, openFakeWorld } from '../support/cgroup-worlds.js';

const MIB = 2 ** 20;
const devices = toDeviceRules([], [], false);

async function inFakeWorld(act: (world: OpenWorld) => Promise<void> | void): Promise<void> {
  const world = openFakeWorld();
  try {
    await act(world);
  } finally {
    await world.close();
  }
}

const create = (world: OpenWorld, limits: Limits) =>
  world.driver.create({ id: 'one' }, { limits: world.driver.check(limits).limits, devices });

test('v2 files hold swap alone, a weight, and all rates of a device in one line', () =>
  inFakeWorld((world) => {
    const folder = create(world, {
      memoryBytes: 64 * MIB,
      memorySwapBytes: 96 * MIB,
      cpuShares: 2048,
      nanoCpus: 5e8,
      blkioWeight: 1000,
      deviceReadBps: [{ path: world.device, rate: 1000 }],
      deviceWriteIops: [{ path: world.device, rate: 20 }],
    }).paths.v2;
    const read = (file: string) => readFileSync(`${folder}/${file}`, 'utf8').trim();
    assert.equal(read('memory.max'), String(64 * MIB));
    assert.equal(read('memory.swap.max'), String(32 * MIB));
    assert.equal(read('cpu.weight'), '174');
    assert.equal(read('cpu.max'), '50000 100000');
    assert.equal(read('io.weight'), 'default 10000');
    assert.equal(read('io.max'), '8:0 rbps=1000 wbps=max riops=max wiops=20');
  }));

test('a device has a weight beside the default one, which changes and goes', () =>
  inFakeWorld(async (world) => {
    const asked: Limits = { blkioWeight: 1000, blkioWeightDevices: [{ path: world.device, weight: 500 }] };
    const cgroup = create(world, asked);
    const read = () => readFileSync(`${cgroup.paths.v2}/io.weight`, 'utf8');
    assert.equal(read(), 'default 10000\n8:0 4950\n');
    assert.deepEqual(cgroup.readLimits(asked), asked);
    const changed = { ...asked, blkioWeightDevices: [{ path: world.device, weight: 10 }] };
    assert.deepEqual((await cgroup.update(asked, changed)).limits, changed);
    assert.equal(read(), 'default 10000\n8:0 1\n');
    assert.deepEqual((await cgroup.update(changed, { blkioWeightDevices: null })).limits, { blkioWeight: 1000 });
    assert.equal(read(), 'default 10000\n');
  }));

test('without weights in the kernel, those of devices are dropped in Docker’s words', () =>
  inFakeWorld((world) => {
    for (const path of [dirname(create(world, {}).paths.v2 ?? ''), create(world, {}).paths.v2])
      unlinkSync(`${path}/io.weight`);
    const { limits, warnings } = world.driver.check({ blkioWeightDevices: [{ path: world.device, weight: 500 }] });
    assert.deepEqual(limits, {});
    assert.deepEqual(warnings, [
      'Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.',
    ]);
  }));

test('without memory.reclaim, memory.high makes room and goes back to what it was', () =>
  inFakeWorld(async (world) => {
    const before = world.driver.check({ memoryBytes: 128 * MIB }).limits;
    const cgroup = create(world, before);
    await world.occupy(cgroup, { anonBytes: 4 * MIB, cacheBytes: 60 * MIB });
    unlinkSync(`${cgroup.paths.v2}/memory.reclaim`);
    const { limits } = await cgroup.update(before, { memoryBytes: 16 * MIB });
    assert.equal(limits.memoryBytes, 16 * MIB);
    assert.equal(readFileSync(`${cgroup.paths.v2}/memory.high`, 'utf8'), 'max\n');
    assert.equal(cgroup.processes().length, 1);
  }));

test('what v2 does not have is dropped with a warning', () =>
  inFakeWorld((world) => {
    const { limits, warnings } = world.driver.check({ memorySwappiness: 10, oomKillDisable: true, pidsMax: 5 });
    assert.deepEqual(limits, { pidsMax: 5 });
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? '', /Your kernel does not support memorySwappiness: .* Limitation discarded\./);
  }));

test('a parent that has processes of its own is refused with what to do about it', () =>
  inFakeWorld((world) => {
    const parent = dirname(create(world, {}).paths.v2 ?? '');
    writeFileSync(`${parent}/cgroup.procs`, '17\n');
    writeFileSync(`${parent}/cgroup.subtree_control`, '\n');
    const act = () => world.driver.create({ id: 'two' }, { limits: {}, devices });
    assert.throws(act, {
      kind: 'unavailable',
      message: /it has processes of its own; run the engine in a group below/,
    });
  }));

test('real time is refused: v2 has no files for it', () =>
  inFakeWorld((world) => {
    assert.throws(() => world.driver.check({ cpuRtRuntimeUs: 1000 }), {
      message: 'Your kernel does not support CPU real-time scheduler',
    });
  }));

test('a CPU set is lifted where something lives in the group, which Linux 6.1 does not leave without', () =>
  inFakeWorld(async (world) => {
    const asked: Limits = { cpusetCpus: '0', cpusetMems: '0' };
    const cgroup = create(world, asked);
    await world.occupy(cgroup, { anonBytes: MIB });
    assert.deepEqual((await cgroup.update(asked, { cpusetCpus: null, cpusetMems: null })).limits, {});
    assert.equal(readFileSync(`${cgroup.paths.v2}/cpuset.cpus`, 'utf8'), '0-1\n');
  }));

test('a CPU set that is undone leaves the group with all', () =>
  inFakeWorld(async (world) => {
    const cgroup = create(world, {});
    await world.occupy(cgroup, { anonBytes: MIB });
    unlinkSync(`${cgroup.paths.v2}/cpu.weight`);
    const change: Limits = { cpusetCpus: '1', cpuShares: 2048 };
    await assert.rejects(cgroup.update({}, change), { kind: 'internal', message: /cpu\.weight/ });
    assert.deepEqual(cgroup.readLimits({}), {});
    assert.equal(readFileSync(`${cgroup.paths.v2}/cpuset.cpus`, 'utf8'), '0-1\n');
  }));
