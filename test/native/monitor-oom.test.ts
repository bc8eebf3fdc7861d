import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const MEMORY = '/sys/fs/cgroup/memory';
const UNIFIED = '/sys/fs/cgroup/unified';
// Takes more and more memory until it is killed.
const GROW = 'x=0123456789abcdef; while :; do x=$x$x; done';

interface Groups {
  readonly memory: string;
  readonly settings: readonly PlanSetting[];
}

/** A memory cgroup of 16 MiB, and a unified one where there is one; removed here only if the monitor left them. */
function makeGroups(t: TestContext): Groups {
  const name = `gantry-test-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const memory = join(MEMORY, name);
  const made = existsSync(UNIFIED) ? [memory, join(UNIFIED, name)] : [memory];
  for (const path of made) {
    mkdirSync(path);
  }
  writeFileSync(join(memory, 'memory.limit_in_bytes'), String(16 * 1024 * 1024));
  t.after(async () => {
    for (const path of made) {
      await waitUntil('the removal of the cgroup', () => isGone(path));
    }
  });
  const unified: readonly PlanSetting[] = made[1] === undefined ? [] : [['cgroup-v2', made[1]]];
  const settings: readonly PlanSetting[] = [
    ['cgroup-v1', memory],
    ...unified,
    ['oom', 'v1', memory],
    ['cgroup-remove', ...made],
  ];
  return { memory, settings };
}

function isGone(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return !existsSync(path);
  }
}

test('a program killed for memory is told at once and in its exit line', requires('root', 'cgroup-v1'), async (t) => {
  const groups = makeGroups(t);
  const settings = [['clone', 'pid', 'mnt'], ...groups.settings] as const;
  const monitor = startMonitor(t, { command: ['sh', '-c', GROW], settings });
  const exit = await monitor.waitForLine('exit');
  assert.deepEqual([exit['exitCode'], exit['oomKilled'], exit['oomKills']], [137, true, 1]);
  assert.deepEqual(
    monitor.journal().map((line) => line.event),
    ['start', 'oom', 'exit'],
  );
  await monitor.waitForEnd();
  assert.equal(existsSync(groups.memory), false, 'the cgroup is left');
});

test('a killed child of a program that goes on is told while it runs', requires('root', 'cgroup-v1'), async (t) => {
  const groups = makeGroups(t);
  const settings = [['clone', 'pid', 'mnt'], ...groups.settings] as const;
  const monitor = startMonitor(t, { command: ['sh', '-c', `sh -c '${GROW}'; sleep 100`], settings });
  const line = await monitor.waitForLine('oom');
  assert.equal(line['oomKills'], 1);
  assert.equal(
    monitor.journal().some((other) => other.event === 'exit'),
    false,
  );
  const client = await monitor.attach(0);
  client.send(6, Buffer.from([9]));
  assert.equal((await client.waitForExit())['oomKills'], 1);
  await monitor.waitForEnd();
});

test('kills of an earlier run are not those of the next', requires('root', 'cgroup-v1'), async (t) => {
  const groups = makeGroups(t);
  const script = `test -e "$1" && exit 4; touch "$1"; ${GROW}`;
  const mark = `/tmp/gantry-oom-${process.pid}-${Date.now()}`;
  t.after(() => rmSync(mark, { force: true }));
  const settings = [['clone', 'pid', 'mnt'], ['restart', 'on-failure', 1], ...groups.settings] as const;
  const monitor = startMonitor(t, { command: ['sh', '-c', script, 'sh', mark], settings });
  const first = await monitor.waitForLine('exit', 1);
  const second = await monitor.waitForLine('exit', 2);
  assert.deepEqual([first['oomKilled'], first['oomKills'], first['final']], [true, 1, false]);
  assert.deepEqual([second['oomKilled'], second['oomKills'], second['exitCode']], [false, 0, 4]);
  await monitor.waitForEnd();
});

test(
  'what a program without a pid namespace leaves behind is killed with its cgroup',
  requires('root', 'cgroup-v1'),
  async (t) => {
    const groups = makeGroups(t);
    const settings = [['clone', 'mnt'], ...groups.settings] as const;
    const command = ['sh', '-c', 'sleep 1000 & echo $!; exit 0'];
    const monitor = startMonitor(t, { command, settings, firstClient: 1 });
    await monitor.waitForEnd();
    const left = Number(monitor.firstClient?.output(1).toString());
    assert.ok(left > 0);
    assert.equal(existsSync(`/proc/${left}`) && readFileSync(`/proc/${left}/cmdline`, 'utf8') !== '', false);
    assert.equal(existsSync(groups.memory), false);
  },
);
