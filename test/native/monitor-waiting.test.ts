import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Plan, PlanOperation, PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import { type MonitorOptions, spawnMonitor, type WaitingMonitor } from '../../src/engine/isolation/monitor-process.js';
import { compileNetworkAhead } from '../../src/engine/isolation/monitor-settings.js';
import { isLocked } from '../../src/platform/file-lock.js';
import { listInterfaces } from '../support/bridge-world.js';
import { findPort } from '../support/find-port.js';
import { listChildren } from '../support/list-children.js';
import { compileNetwork, makePlace } from '../support/networked-monitor.js';
import { makeSpawner } from '../support/process-spawner.js';
import { readTextIfThere } from '../support/read-if-there.js';
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
  await monitor.dismiss();
  await waitUntil('its end', () => !existsSync(`/proc/${monitor.pid}`));
});

/** A monitor that has been told of its container's network and of nothing else, and the place of that. */
async function connectWaiting(t: TestContext, { hostPort }: { readonly hostPort?: number } = {}) {
  const place = makePlace(t);
  const port = { protocol: 'tcp', hostIp: '0.0.0.0', containerAddress: place.address, containerPort: 80 } as const;
  const plan = await compileNetwork(place, hostPort === undefined ? {} : { ports: [{ ...port, hostPort }] });
  const lock = join(makeTemporaryFolder(t), 'lock');
  const network = { plan, changePath: '/nonexistent' };
  const monitor = await spawnWaiting(t, { hasOwnNetwork: true });
  monitor.connect(compileNetworkAhead({ lock, network }));
  const settings: readonly PlanSetting[] = [
    ['clone', 'pid', 'mnt', 'net'],
    ['lock', lock],
    ['network', network.plan, network.changePath],
  ];
  return { place, monitor, lock, settings };
}

const readTable = (table: string): string =>
  execFileSync('nft', ['list', 'table', 'inet', table], { encoding: 'utf8' });

const NETWORK_NEEDS = requires('root', 'command:nft');

test(
  'a network is connected before there is a plan, once, and its container has the lock',
  NETWORK_NEEDS,
  async (t) => {
    const { place, monitor, lock, settings } = await connectWaiting(t);
    await waitUntil('the pair', () => listInterfaces().includes(place.veth));
    assert.ok(isLocked(lock));
    const [ahead] = heldNetworks(monitor.pid).filter((link) => link !== HOST);
    const program = await startProgram(t, monitor, settings);
    assert.equal(readlinkSync(`/proc/${program}/ns/net`), ahead);
    assert.deepEqual(heldNetworks(monitor.pid), []);
    assert.match(readFileSync(`/proc/${program}/net/fib_trie`, 'utf8'), /203\.0\.113\.2/);
  },
);

test('a monitor that is dismissed has taken back what it had connected', NETWORK_NEEDS, async (t) => {
  const hostPort = await findPort();
  const { place, monitor, lock } = await connectWaiting(t, { hostPort });
  await waitUntil('the port', () => readTable(place.world.table).includes(`${hostPort} :`));
  await monitor.dismiss();
  assert.ok(!readTable(place.world.table).includes(`${hostPort} :`));
  assert.ok(!isLocked(lock));
  await waitUntil('the end of the pair', () => !listInterfaces().includes(place.veth));
});

/** Nothing else of this process happens meanwhile: it has read nothing of what the monitor says. */
function standStillUntil(hasHappened: () => boolean): void {
  const limit = performance.now() + 10_000;
  while (!hasHappened()) assert.ok(performance.now() < limit, 'it does not happen');
}

/** Neither at an end nor waiting for anything. */
function isRunning(pid: number): boolean {
  return / R /.test(readTextIfThere(`/proc/${pid}/stat`));
}

test('a network that cannot be connected fails the start, however long the plan is', NETWORK_NEEDS, async (t) => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '0.0.0.0', resolve));
  t.after(() => holder.close());
  const { port: hostPort } = holder.address() as AddressInfo;
  const { monitor, lock, settings } = await connectWaiting(t, { hostPort });
  standStillUntil(() => existsSync(lock) && !isRunning(monitor.pid));
  const { operations, ...plan } = makePlan(t, settings);
  const long: PlanOperation = ['environment', `LONG=${'x'.repeat(900_000)}`];
  const { outcome } = monitor.start({
    ...plan,
    operations: operations.map((one) => (one[0] === long[0] ? long : one)),
  });
  assert.deepEqual(await outcome, {
    failed: {
      operation: 'port',
      target: 'the port',
      errno: 'EADDRINUSE',
      message: `cannot take tcp port ${hostPort} of 0.0.0.0`,
    },
  });
});
