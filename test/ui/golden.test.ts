import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Digest } from '../../src/model/ids.js';
import type { Image } from '../../src/model/image.js';
import { createWorkspace } from '../../src/store/workspace.js';
import { FakeEngine } from '../support/fake-engine.js';
import { digestOf, makeFakeImage } from '../support/fake-images.js';
import { fakeStats } from '../support/fake-stats.js';
import { expectTransfer } from '../support/fake-transfers.js';
import { assertGolden } from '../support/golden.js';
import { startScreen, type UiScreen } from '../support/ui-screen.js';
import { waitUntil } from '../support/wait-until.js';

const START = Date.UTC(2026, 0, 2, 12, 0, 0);
const MIB = 2 ** 20;

/** A host with something of everything, and two minutes of readings; the clock stands still. */
async function goldenScreen(
  columns: number,
  rows: number,
  env: Record<string, string> = {},
  prepare: (engine: FakeEngine) => Promise<void> | void = () => undefined,
): Promise<UiScreen> {
  let nowMs = START;
  const engine = new FakeEngine({ nowMs: () => nowMs });
  await engine.add({ name: 'web', limits: { memoryBytes: 64 * MIB, nanoCpus: 500_000_000 } });
  await engine.add({ name: '数据库', limits: { memoryBytes: 512 * MIB } });
  await engine.add({ name: 'cache' });
  await engine.add({ name: 'worker', command: ['sh', '-c', 'echo cannot open port; exit 3'] });
  await engine.add({ name: 'made' }, false);
  await engine.containers.pause('cache');
  for (const line of ['GET /api/items 200 12ms', 'POST /login 401 3ms', 'WARN pool exhausted']) {
    engine.containers.find('web').run.onOutput('stdout', `${line}\n`);
  }
  await prepare(engine);
  const stop = new AbortController();
  const workspace = createWorkspace(engine, stop.signal, () => nowMs);
  await workspace.sync.ready;
  const running = await engine.containers.list();
  for (let second = 1; second <= 120; second++) {
    nowMs = START + second * 1000;
    workspace.stats.add(nowMs, new Map(running.map((each) => [each.id, fakeStats(each, nowMs)])));
  }
  workspace.view.setState({ sort: { column: 'name', isReversed: true } });
  workspace.view.setList('containers', { selectedKey: engine.containers.find('web').value.id });
  const screen = startScreen(workspace, stop, {
    columns,
    rows,
    env: { TERM: 'xterm-256color', ...env },
    now: () => nowMs,
  });
  await screen.waitFor('web');
  return screen;
}

async function compare(name: string, screen: UiScreen): Promise<void> {
  // The clock of the fake engine is not that of its events.
  const text = `${(await screen.settle()).replaceAll(/\d\d:\d\d:\d\d/g, '00:00:00')}\n`;
  assertGolden(`${name}.txt`, text);
}

for (const [columns, rows] of [
  [40, 10],
  [60, 16],
  [80, 24],
  [100, 30],
  [120, 40],
  [160, 50],
  [200, 60],
] as const) {
  test(`the frame at ${columns}x${rows} is the golden one`, async () => {
    const screen = await goldenScreen(columns, rows);
    try {
      await compare(`screen-${columns}x${rows}`, screen);
    } finally {
      await screen.close();
    }
  });
}

for (const [name, keys] of [
  ['tune', ['u', '\x1b[C', '\x1b[C']],
  ['logs', ['l']],
  ['namespaces', ['N']],
  ['security', ['S']],
  ['layers', ['[', '[']],
  ['container-files', ['y']],
  ['help', ['?']],
  ['run-form', ['R']],
  ['confirm', ['s']],
  ['events', ['V']],
  ['palette', [':', 'tune']],
  ['image', ['2', 'h', '[']],
  ['image-history', ['2', 'h']],
  ['columns', ['C']],
  ['sort', ['o']],
  ['pull-form', ['2', 'p', 'bu']],
] as const) {
  test(`the frame of ${name} at 80x24 is the golden one`, async () => {
    const screen = await goldenScreen(80, 24);
    try {
      screen.press(...keys);
      await compare(`${name}-80x24`, screen);
    } finally {
      await screen.close();
    }
  });
}

/** An image of three layers, the lowest of which another one has too, in the layers view. */
async function layersScreen(t: TestContext, columns: number, rows: number): Promise<UiScreen> {
  const layers = ['one', 'two', 'three'].map(digestOf) as unknown as Image['layers'];
  const images = [
    makeFakeImage(['registry.example/team/app:1.2'], { layers, sizeBytes: 16_000 }),
    makeFakeImage(['base:1'], { layers: layers.slice(0, 1), createdAtMs: Date.UTC(2025, 0, 1) }),
  ];
  const stop = new AbortController();
  const workspace = createWorkspace(new FakeEngine({ images, nowMs: () => START }), stop.signal, () => START);
  await workspace.sync.ready;
  const screen = startScreen(workspace, stop, { columns, rows, env: { TERM: 'xterm-256color' }, now: () => START });
  t.after(() => screen.close());
  await screen.waitFor(/\S/);
  screen.press('2', 'y', '\t');
  await waitUntil('the files', () => workspace.files.getState().status === 'ready');
  return screen;
}

for (const [columns, rows] of [
  [40, 10],
  [60, 16],
  [80, 24],
  [120, 40],
  [200, 60],
] as const) {
  test(`the layers view at ${columns}x${rows} is the golden one`, async (t) => {
    await compare(`files-${columns}x${rows}`, await layersScreen(t, columns, rows));
  });
}

test('what layers waste is the golden frame', async (t) => {
  const screen = await layersScreen(t, 80, 24);
  screen.press('W');
  await compare('wasted-80x24', screen);
});

/** Layers in every phase of a pull. */
function preparePull({ images }: FakeEngine): void {
  const { step } = expectTransfer(images.transfers, 'pull', 'registry.test:5000/team/app:1');
  const digests = ['base', 'python', 'packages', 'modules', 'code', 'assets'].map(digestOf);
  const [base, python, packages, modules, code, assets] = digests as [Digest, Digest, Digest, Digest, Digest, Digest];
  for (const digest of digests) step({ phase: 'pending', digest });
  step({ phase: 'exists', digest: base });
  step({ phase: 'downloading', digest: python, doneBytes: 40 * MIB, totalBytes: 40 * MIB });
  step({ phase: 'extracting', digest: python, doneBytes: 66 * MIB, totalBytes: 120 * MIB });
  step({ phase: 'downloading', digest: packages, doneBytes: 9 * MIB, totalBytes: 27 * MIB });
  step({ phase: 'downloading', digest: modules, doneBytes: 3 * MIB, totalBytes: 3 * MIB });
  step({ phase: 'verifying', digest: modules });
  step({ phase: 'downloading', digest: code, doneBytes: MIB, totalBytes: 2 * MIB });
  step({ phase: 'retrying', digest: code, delayMs: 1800 });
  step({ phase: 'waiting', digest: assets });
}

for (const [columns, rows] of [
  [60, 16],
  [80, 24],
] as const) {
  test(`the frame of a pull at ${columns}x${rows} is the golden one`, async () => {
    const screen = await goldenScreen(columns, rows, {}, preparePull);
    try {
      screen.press('2', 'p', 'registry.test:5000/team/app:1', '\r');
      await screen.waitFor('Verifying');
      await compare(`pull-${columns}x${rows}`, screen);
    } finally {
      await screen.close();
    }
  });
}

/** Networks of the user's, in one of which are containers that publish ports, and a volume in use. */
async function prepareNetworks(engine: FakeEngine): Promise<void> {
  const { networks, volumes } = engine;
  await networks.create({
    name: 'app',
    pools: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1' }],
    options: { 'com.docker.network.driver.mtu': '1400' },
    labels: { team: 'web' },
  });
  await networks.create({ name: 'back', internal: true, pools: [{ subnet: '10.9.1.0/24', gateway: '10.9.1.1' }] });
  await networks.create({ name: 'old', pools: [{ subnet: '10.9.2.0/24' }] });
  await volumes.create({ name: 'pgdata' });
  const tcp = (hostPort: number, containerPort: number) => ({ hostPort, containerPort, protocol: 'tcp' }) as const;
  await engine.add({
    name: 'front',
    networks: [
      { network: 'app', aliases: ['www'] },
      { network: 'back', aliases: ['edge'] },
    ],
    ports: [tcp(8080, 80), tcp(8443, 443)],
  });
  await engine.add({
    name: '会计',
    networks: [{ network: 'app' }],
    ports: [{ hostIp: '127.0.0.1', hostPort: 5353, containerPort: 53, protocol: 'udp' }],
  });
  await engine.add({ name: 'store', networks: [{ network: 'back' }] });
  await engine.add({ name: 'batch', networks: [{ network: 'app' }] }, false);
  await engine.add({ name: 'pg', mounts: [{ type: 'volume', source: 'pgdata', target: '/var/lib/pg' }] });
}

for (const [name, columns, rows, keys] of [
  ['networks', 120, 40, ['4']],
  ['networks', 80, 24, ['4']],
  ['networks', 60, 16, ['4']],
  ['networks', 40, 10, ['4']],
  ['network', 60, 16, ['4', '\r']],
  ['network', 40, 10, ['4', '\r']],
  ['network-list', 120, 40, ['4', '+', '+']],
  ['network-traffic', 120, 40, ['4', 't', '+']],
  ['network-traffic', 80, 24, ['4', 't', '+', '+']],
  ['network-form', 80, 24, ['4', 'n']],
  ['network-form', 60, 16, ['4', 'n']],
  ['network-prune', 80, 24, ['4', 'P']],
  ['container-network', 80, 24, ['/', 'front', '\r', 'n']],
  ['container-ports', 120, 40, ['+', '+']],
  ['volume', 80, 24, ['3']],
  ['volume-files', 120, 40, ['3', 'y']],
  ['volume-files', 80, 24, ['3', 'y']],
  ['volume-files', 60, 16, ['3', 'y']],
  ['volume-files', 40, 10, ['3', 'y']],
] as const) {
  test(`the frame of ${name} at ${columns}x${rows} is the golden one`, async () => {
    const screen = await goldenScreen(columns, rows, {}, prepareNetworks);
    try {
      for (const key of keys) {
        screen.press(key);
        await screen.settle();
      }
      await compare(`${name}-${columns}x${rows}`, screen);
    } finally {
      await screen.close();
    }
  });
}

for (const [columns, rows] of [
  [40, 10],
  [60, 16],
  [80, 24],
  [120, 40],
  [200, 60],
] as const) {
  test(`the frame of a shell at ${columns}x${rows} is the golden one`, async () => {
    const screen = await goldenScreen(columns, rows);
    try {
      screen.press('e');
      await screen.waitFor('[web]');
      screen.press('echo 数据库 is up\r');
      await screen.waitFor(/数据库 is up *│?\n.*数据库 is up/);
      await compare(`shell-${columns}x${rows}`, screen);
    } finally {
      await screen.close();
    }
  });
}

/** Two compose projects, one of which does not run as a whole. */
async function prepareProjects(engine: FakeEngine): Promise<void> {
  const labels = (project: string, service: string) => ({
    'com.docker.compose.project': project,
    'com.docker.compose.service': service,
  });
  await engine.add({ name: 'shop-web-1', labels: labels('shop', 'web') });
  await engine.add({ name: 'shop-db-1', labels: labels('shop', 'db') });
  await engine.add({ name: 'shop-job-1', labels: labels('shop', 'job'), command: ['sh', '-c', 'exit 1'] });
  await engine.add({ name: '维基-app-1', labels: labels('维基', 'app') });
}

for (const [name, columns, rows, keys] of [
  ['projects', 120, 40, ['F', 'g']],
  ['projects', 80, 24, ['F', 'g']],
  ['projects', 200, 60, ['F', 'g']],
  ['projects', 60, 16, ['F', 'g']],
  ['projects', 40, 10, ['F', 'g']],
  ['project-folded', 80, 24, ['F', 'g', 'f', 'i']],
  ['project-stop', 80, 24, ['F', 'g', 's']],
] as const) {
  test(`the frame of ${name} at ${columns}x${rows} is the golden one`, async () => {
    const screen = await goldenScreen(columns, rows, {}, prepareProjects);
    try {
      for (const key of keys) {
        screen.press(key);
        await screen.settle();
      }
      await compare(`${name}-${columns}x${rows}`, screen);
    } finally {
      await screen.close();
    }
  });
}

test('without colour the frame has the same characters', async () => {
  const screen = await goldenScreen(80, 24, { NO_COLOR: '1' });
  try {
    await compare('screen-80x24', screen);
  } finally {
    await screen.close();
  }
});

test('the plain frame is ASCII but for names of others', async () => {
  const screen = await goldenScreen(80, 24, { TERM: 'dumb' });
  try {
    const text = await screen.settle();
    assert.doesNotMatch(text.replaceAll('数据库', ''), /[^\x20-\x7e\n]/);
    await compare('plain-80x24', screen);
  } finally {
    await screen.close();
  }
});

test('the frame of an empty host is the golden one', async () => {
  const stop = new AbortController();
  const workspace = createWorkspace(new FakeEngine({ images: [], nowMs: () => START }), stop.signal, () => START);
  await workspace.sync.ready;
  const screen = startScreen(workspace, stop, { columns: 80, rows: 24, now: () => START });
  try {
    await compare('empty-80x24', screen);
  } finally {
    await screen.close();
  }
});
