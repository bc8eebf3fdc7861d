import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { test } from 'node:test';
import type { PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import { STDOUT } from '../support/attach-client.js';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';

const CPU = '/sys/fs/cgroup/cpu';
const hasRealTime = spawnSync('chrt', ['-r', '1', 'true']).status === 0;
const needs = hasRealTime ? requires('root', 'cgroup-v1', 'command:chrt') : { skip: 'needs real-time scheduling' };

test('whoever runs under a real-time policy starts containers that do not', needs, async (t) => {
  // A group without a share of real time, as each new one is.
  const group = `${CPU}/gantry-test-${process.pid}`;
  mkdirSync(group);
  t.after(() => rmdirSync(group));
  const settings: readonly PlanSetting[] = [
    ['clone', 'pid', 'mnt'],
    ['cgroup-v1', group],
  ];
  for (const policy of ['-r', '-f']) {
    const command = ['sh', '-c', 'chrt -p $$ | head -1 | sed "s/.*: //"'];
    const by = ['chrt', policy, '1'];
    const monitor = startMonitor(t, { command, settings, by, firstClient: STDOUT });
    const status = await monitor.readStatus();
    assert.ok('started' in status, JSON.stringify(status));
    await monitor.firstClient?.waitForExit();
    assert.equal(monitor.firstClient?.output(1).toString(), 'SCHED_OTHER\n');
    await monitor.waitForEnd();
  }
});
