import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { hasProcess } from '../../src/model/container-state.js';
import type { ContainerId } from '../../src/model/ids.js';
import { readProcessStat } from '../../src/platform/proc.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'erofs', 'command:busybox');

interface Started {
  readonly id: ContainerId;
  readonly pid: number;
  readonly monitor: number;
}

async function start(engine: Engine): Promise<Started> {
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sleep', '1000'] });
  await engine.containers.start(id);
  const { state } = await engine.containers.inspect(id);
  assert.ok(hasProcess(state));
  const { pid } = state.init;
  return { id, pid, monitor: readProcessStat(pid)?.parentPid ?? 0 };
}

/** The mounts that a process has descriptors of. */
function listMounts(pid: number): ReadonlySet<string> {
  const folder = `/proc/${pid}/fdinfo`;
  const ids = readdirSync(folder).map(
    (name) => /^mnt_id:\t(\d+)$/m.exec(readFileSync(join(folder, name), 'utf8'))?.[1],
  );
  return new Set(ids.filter((id) => id !== undefined));
}

function mountOf(holder: string): string {
  const [pid, descriptor] = holder.split(':');
  return /^mnt_id:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? '';
}

test(
  'containers of one image share the mounts of its layers, which are there as long as one of them',
  needs,
  async (t) => {
    const { open, options } = makeEngineWorld(t, { storageDriver: 'erofs' });
    const engine = await open();
    const layers = join(options.root, 'erofs', 'layers');
    const [layer = ''] = readdirSync(layers);
    const link = join(layers, layer, 'holder');
    const hostMounts = readFileSync('/proc/self/mountinfo', 'utf8');

    const first = await start(engine);
    const [pid] = readlinkSync(link).split(':');
    assert.equal(Number(pid), first.monitor);
    const mount = mountOf(readlinkSync(link));
    const second = await start(engine);
    assert.equal(readlinkSync(link).split(':')[0], String(first.monitor), 'the second has nothing to tell');
    assert.ok(listMounts(second.monitor).has(mount));
    assert.equal(readFileSync('/proc/self/mountinfo', 'utf8'), hostMounts, 'the host sees none of them');

    await engine.containers.remove(first.id, { force: true });
    const program = readFileSync(`/proc/${second.pid}/root/bin/busybox`);
    assert.ok(program.equals(readFileSync('/bin/busybox')), 'the mount stays with the one that shares it');
    const third = await start(engine);
    assert.equal(readlinkSync(link).split(':')[0], String(third.monitor), 'whoever was told of it has ended');
    assert.notEqual(mountOf(readlinkSync(link)), mount);

    for (const wrong of ['1:0', `${process.pid}:1`, '999999999:3', 'nobody', `${third.monitor}:0`, '-1:-1']) {
      rmSync(link);
      symlinkSync(wrong, link);
      const { id, monitor } = await start(engine);
      assert.equal(readlinkSync(link).split(':')[0], String(monitor), wrong);
      await engine.containers.remove(id, { force: true });
    }
    for (const { id } of [second, third]) await engine.containers.remove(id, { force: true });
    await engine.images.remove('busybox');
    await engine.close();
    assert.deepEqual(readdirSync(layers), []);
  },
);
