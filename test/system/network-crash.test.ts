import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { cgroupParentOf } from '../../src/engine/system.js';
import { hashForName } from '../../src/platform/name-hash.js';
import { AT_HOST_FOLDER, type CrashCase } from '../support/crash-cases.js';
import { type Found, isLeft, tellCrashes, tryPoints } from '../support/crash-results.js';
import { type CrashWorld, makeCrashWorld, type TraceLengths, type Victim } from '../support/crash-world.js';
import { listCgroups } from '../support/engine-world.js';
import { findPort } from '../support/find-port.js';
import { hearOnHost } from '../support/network-servers.js';
import { requires } from '../support/requires.js';
import { type CrashPoint, crashMode, formatPoint, NETLINK, samplePoints } from '../support/system-calls.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:strace', 'command:busybox', 'command:nft');
const timeout = crashMode.isSample ? 500_000 : 7_200_000;

/** What all state roots of the host share. */
const HOST_FOLDER = '/run/gantry-networks';
const DEFAULT_ROOT = '/var/lib/gantry';

interface Prepared {
  readonly world: CrashWorld;
  readonly port: number;
}

interface Operation {
  readonly name: string;
  /** What has been done before, with nothing killed. */
  readonly before?: readonly string[];
  readonly words: readonly string[];
  /** What it says when it is done again and had been done. */
  readonly done?: RegExp;
  readonly samples: readonly (readonly [Victim, place: string | undefined, count: number])[];
}

function startServer(port: number, ...options: readonly string[]): readonly string[] {
  const serve = ['busybox', 'nc', '-ll', '-p', '80', '-e', 'busybox', 'hostname'];
  return ['run', '-d', '--name', 'web', ...options, '-p', `${port}:80`, 'busybox', ...serve];
}

function listOperations(port: number): readonly Operation[] {
  const serve = startServer(port, '--network', 'app');
  return [
    {
      name: 'network create',
      words: ['network', 'create', 'made'],
      done: /already exists/,
      samples: [
        ['engine', undefined, 1],
        ['engine', HOST_FOLDER, 1],
        ['spawn', NETLINK, 1],
      ],
    },
    {
      name: 'network rm',
      before: ['network', 'create', 'made'],
      words: ['network', 'rm', 'made'],
      done: /not found/,
      samples: [
        ['engine', undefined, 1],
        ['spawn', NETLINK, 1],
      ],
    },
    {
      name: 'run in a network',
      words: ['run', '--rm', '--network', 'app', '-p', `${port}:80`, 'busybox', 'true'],
      samples: [
        ['engine', undefined, 1],
        ['spawn', NETLINK, 1],
      ],
    },
    {
      name: 'network connect',
      before: serve,
      words: ['network', 'connect', 'bridge', 'web'],
      done: /already exists/,
      samples: [['engine', undefined, 1]],
    },
    {
      name: 'network disconnect',
      before: serve,
      words: ['network', 'disconnect', 'app', 'web'],
      done: /not connected/,
      samples: [['engine', undefined, 1]],
    },
    {
      name: 'rm -f in a network',
      before: serve,
      words: ['rm', '-f', 'web'],
      done: /No such container/,
      samples: [['engine', undefined, 1]],
    },
  ];
}

async function mustRun(world: CrashWorld, ...words: readonly string[]): Promise<string> {
  const { code, output } = await world.run(words);
  assert.equal(code, 0, `gantry ${words.join(' ')}: ${output}`);
  return output;
}

/** Ends it at one point; then it is done again, the network works, and when all is removed nothing is left on the host. */
async function tryPoint(
  { world, port }: Prepared,
  operation: Operation,
  victim: Victim,
  point: CrashPoint,
): Promise<Found> {
  const when = `${operation.words.join(' ')}: ${victim} killed at ${formatPoint(point)}`;
  await world.reset();
  if (operation.before) await mustRun(world, ...operation.before);
  const { code } = await world.crash(operation.words, victim, point);
  // What the killed command had started has its port until it has ended by itself.
  const again = await waitUntil(`a free port (${when})`, async () => {
    const end = await world.run(operation.words);
    return !end.output.includes('port is already allocated') && end;
  });
  if (again.code !== 0) assert.match(again.output, operation.done ?? /^$/, `${when}: ${again.output}`);
  const isDone = again.code !== 0;
  await removeContainers(world);
  await mustRun(world, ...startServer(port));
  await waitUntil(`the server (${when})`, () => hearOnHost('127.0.0.1', port) !== '' || undefined);
  await removeAll(world);
  assert.deepEqual(listLeft(world.options.root), [], when);
  return { wasEnded: code !== 0, isDone };
}

/** Ended by the engine of this process; its monitor is killed in that. */
async function endServer({ world, port }: Prepared, point?: CrashPoint): Promise<TraceLengths> {
  const traced = { program: world.traceLaunches('monitor', point) };
  const engine = await openEngine(world, traced);
  await engine.containers.create({
    ...{ name: 'web', image: 'busybox', command: ['sleep', '1000'], networks: [{ network: 'app' }] },
    ports: [{ containerPort: 80, hostPort: port, protocol: 'tcp' }],
  });
  await engine.containers.start('web');
  const lengths = world.readTraceLengths();
  await engine.containers.stop('web', { timeoutMs: 0 });
  await engine.close();
  return lengths;
}

async function tryMonitorPoint(prepared: Prepared, point: CrashPoint): Promise<Found> {
  const { world, port } = prepared;
  const when = `stop in a network: monitor killed at ${formatPoint(point)}`;
  await world.reset();
  await endServer(prepared, point);
  const engine = await openEngine(world);
  const [found] = await engine.containers.list({ all: true });
  assert.equal(found?.state.status, 'exited', when);
  const folder = join(world.options.runRoot, 'names');
  const names = readdirSync(folder).flatMap((network) => readdirSync(join(folder, network)));
  assert.deepEqual(names, [], when);
  const rules = execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' });
  assert.ok(!rules.includes(String(port)), `${when}: ${rules}`);
  await engine.containers.start('web');
  await engine.close();
  await removeAll(world);
  assert.deepEqual(listLeft(world.options.root), [], when);
  return { wasEnded: true, isDone: true };
}

/** In this process: commands would take half of the test's time. */
function openEngine(world: CrashWorld, more: { readonly program?: string } = {}): Promise<Engine> {
  return world.open({ ...more, cgroupParent: cgroupParentOf(world.options.root, DEFAULT_ROOT) });
}

async function removeContainers(world: CrashWorld): Promise<void> {
  const engine = await openEngine(world);
  for (const { id } of await engine.containers.list({ all: true })) await engine.containers.remove(id, { force: true });
  await engine.close();
}

async function removeAll(world: CrashWorld): Promise<void> {
  await removeContainers(world);
  const engine = await openEngine(world);
  await engine.networks.prune();
  await engine.networks.check();
  await engine.close();
}

/** Where it fails, the next point is to begin on what is clean. */
async function cleanly(world: CrashWorld, attempt: Promise<Found>): Promise<Found> {
  try {
    return await attempt;
  } catch (error) {
    await removeAll(world).catch(() => undefined);
    throw error;
  }
}

/** What of a state root is on the host. */
function listLeft(root: string): readonly string[] {
  const table = `gantry_${hashForName(root, 12)}`;
  const links = readdirSync('/sys/class/net').filter((name) =>
    readIf(`/sys/class/net/${name}/ifalias`).startsWith(table),
  );
  const files = readdirSync(HOST_FOLDER).filter(
    (name) => name.includes(table) || links.some((link) => readIf(join(HOST_FOLDER, name)).includes(link)),
  );
  const tables = execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }).split('\n');
  return [...links, ...files, ...tables.filter((line) => line.includes(table))];
}

function readIf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function tryAll(t: TestContext, prepared: Prepared, operation: Operation): Promise<void> {
  for (const [victim, place, count] of operation.samples) {
    const killed = place === HOST_FOLDER ? AT_HOST_FOLDER : victim;
    const one: CrashCase = { operation: operation.name, storage: 'overlay2', killed };
    if (!isLeft(one)) continue;
    await t.test(`${operation.name}: ${killed}`, { timeout }, async (t) => {
      const { world } = prepared;
      await world.reset();
      if (operation.before) await mustRun(world, ...operation.before);
      const all = await world.listPoints(operation.words, victim, ...(place === undefined ? [] : [place]));
      await removeAll(world);
      const points = samplePoints(all, count);
      assert.ok(points.length > 0, `${operation.words.join(' ')} makes no such call`);
      const tried = await tryPoints(points, (point) => cleanly(world, tryPoint(prepared, operation, victim, point)));
      tellCrashes(t, { ...one, calls: all.length, ...tried });
    });
  }
}

/** The monitor, which stands by the container from its start. */
async function tryMonitor(t: TestContext, prepared: Prepared): Promise<void> {
  const one: CrashCase = { operation: 'stop in a network', storage: 'overlay2', killed: 'monitor' };
  if (!isLeft(one)) return;
  await t.test(`${one.operation}: ${one.killed}`, { timeout }, async (t) => {
    const { world } = prepared;
    await world.reset();
    const lengths = await endServer(prepared);
    await removeAll(world);
    const all = await world.listLaunchPoints('monitor', lengths);
    const tried = await tryPoints(samplePoints(all, 1), (point) => cleanly(world, tryMonitorPoint(prepared, point)));
    tellCrashes(t, { ...one, calls: all.length, ...tried });
  });
}

test('what is killed while it changes networks leaves nothing that the next command does not mend', {
  ...NEEDS,
  timeout,
}, async (t) => {
  const world = makeCrashWorld(t, 'overlay2');
  const port = await findPort();
  t.after(() => {
    for (const path of listCgroups(cgroupParentOf(world.options.root, DEFAULT_ROOT))) rmdirSync(path);
  });
  await (await world.open()).close();
  await mustRun(world, 'network', 'create', 'app');
  world.keep();
  t.diagnostic(`tried: ${crashMode.text}`);
  for (const operation of listOperations(port)) await tryAll(t, { world, port }, operation);
  await tryMonitor(t, { world, port });
});
