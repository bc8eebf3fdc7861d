import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Plan, PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import { type MonitorOptions, spawnMonitor, type WaitingMonitor } from '../../src/engine/isolation/monitor-process.js';
import { listChildren } from '../support/list-children.js';
import { makeSpawner } from '../support/process-spawner.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

const HOST = readlinkSync('/proc/self/ns/net');

/** A monitor that has no plan yet, and its process. */
async function spawnWaiting(
  t: TestContext,
  options: MonitorOptions,
): Promise<WaitingMonitor & { readonly pid: number }> {
  const monitor = await spawnMonitor(makeSpawner(t), options);
  t.after(() => monitor.dismiss());
  await monitor.asked;
  const pid = await waitUntil('the monitor', () =>
    listChildren(process.pid)
      .flatMap(listChildren)
      .find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').startsWith('gantry-init\0monitor\0')),
  );
  return { ...monitor, pid };
}

/** The network namespaces that a process holds, by their links. */
function heldNetworks(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  const links = readdirSync(folder).map((name) => {
    try {
      return readlinkSync(join(folder, name));
    } catch {
      return '';
    }
  });
  return links.filter((link) => link.startsWith('net:['));
}

function makePlan(t: TestContext, settings: readonly PlanSetting[]): Plan {
  const folder = makeTemporaryFolder(t);
  return {
    settings: [['id', 'test'], ['journal', join(folder, 'journal')], ...settings],
    operations: [
      ['root', '/'],
      ['pivot'],
      ['environment', `PATH=${process.env['PATH'] ?? ''}`],
      ['exec', 'sleep', '100'],
    ],
  };
}

async function startProgram(
  t: TestContext,
  monitor: WaitingMonitor,
  settings: readonly PlanSetting[],
): Promise<number> {
  const outcome = await monitor.start(makePlan(t, settings)).outcome;
  assert.ok('started' in outcome, JSON.stringify(outcome));
  const { pid } = outcome.started;
  t.after(() => process.kill(pid, 'SIGKILL'));
  return pid;
}

test('a monitor makes the network of its container before it has the plan', requires('root'), async (t) => {
  const monitor = await spawnWaiting(t, { hasOwnNetwork: true });
  const [ahead] = await waitUntil('the network', () => {
    const held = heldNetworks(monitor.pid).filter((link) => link !== HOST);
    return held.length > 0 ? held : undefined;
  });
  const program = await startProgram(t, monitor, [['clone', 'pid', 'mnt', 'net']]);
  assert.equal(readlinkSync(`/proc/${program}/ns/net`), ahead);
  assert.equal(readlinkSync(`/proc/${monitor.pid}/ns/net`), HOST);
  assert.deepEqual(heldNetworks(monitor.pid), []);
});

for (const [what, settings] of [
  ['of the host', [['clone', 'pid', 'mnt']]],
  [
    'of its user namespace',
    [
      ['clone', 'pid', 'mnt', 'net', 'user'],
      ['uid-map', '0 0 1\n'],
      ['gid-map', '0 0 1\n'],
    ],
  ],
] as const) {
  test(`a program that is in the network ${what} gets none that was made ahead`, requires('root'), async (t) => {
    const monitor = await spawnWaiting(t, { hasOwnNetwork: true });
    await waitUntil('the network', () => heldNetworks(monitor.pid).some((link) => link !== HOST));
    const ahead = heldNetworks(monitor.pid).filter((link) => link !== HOST);
    const program = await startProgram(t, monitor, settings);
    assert.ok(!ahead.includes(readlinkSync(`/proc/${program}/ns/net`)));
    assert.deepEqual(heldNetworks(monitor.pid), []);
  });
}

test('a monitor whose plan does not come ends', requires('root'), async (t) => {
  const monitor = await spawnWaiting(t, { hasOwnNetwork: true });
  monitor.dismiss();
  await waitUntil('its end', () => !existsSync(`/proc/${monitor.pid}`));
});
