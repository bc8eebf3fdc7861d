import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CgroupStats } from '../../src/model/cgroup-stats.js';
import type { ContainerAction } from '../../src/model/events.js';
import { createWorkspace, type Workspace } from '../../src/store/workspace.js';
import { FakeEngine } from '../support/fake-engine.js';
import { fakeStats } from '../support/fake-stats.js';
import { assertGolden } from '../support/golden.js';
import { startScreen, startUiScreen, type UiScreen } from '../support/ui-screen.js';
import { waitUntil } from '../support/wait-until.js';

const START = Date.UTC(2026, 0, 2, 12, 0, 0);
const MIB = 2 ** 20;
const SECONDS = 180;
const FIVE_SIZES = [
  [80, 24],
  [120, 40],
  [200, 60],
  [60, 16],
  [40, 10],
] as const;

interface Scene {
  readonly screen: UiScreen;
  readonly workspace: Workspace;
  readonly engine: FakeEngine;
  /** Feeds another second of readings. */
  tick(): void;
}

interface SceneOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly hasPressure?: boolean;
}

/** Three minutes of readings of three containers, in which much has happened to the first; the clock stands still. */
async function openScene(
  t: TestContext,
  columns: number,
  rows: number,
  { env = {}, hasPressure = true }: SceneOptions = {},
): Promise<Scene> {
  let nowMs = START;
  const engine = new FakeEngine({ nowMs: () => nowMs });
  await engine.add({ name: 'web', limits: { memoryBytes: 64 * MIB, nanoCpus: 500_000_000, pidsMax: 20 } });
  await engine.add({ name: '数据库', limits: { memoryBytes: 512 * MIB } });
  await engine.add({ name: 'cache' });
  const stop = new AbortController();
  const workspace = createWorkspace(engine, stop.signal, () => nowMs);
  await workspace.sync.ready;
  const containers = await engine.containers.list();
  const read = () =>
    workspace.stats.add(
      nowMs,
      new Map(
        containers.map((each, i) => [each.id, { ...busier(fakeStats(each, nowMs), i), ...pressure(hasPressure) }]),
      ),
    );
  for (let second = 1; second <= SECONDS; second++) {
    nowMs = START + second * 1000;
    read();
  }
  const web = engine.containers.find('web').value.id;
  const happened = (secondsAgo: number, action: ContainerAction, attributes: Readonly<Record<string, string>> = {}) =>
    workspace.events.add({ type: 'container', id: web, action, atMs: nowMs - secondsAgo * 1000, attributes });
  happened(50, 'update', { memory: '64m', oldMemory: '32m' });
  happened(36, 'oom');
  happened(30, 'restart');
  happened(20, 'health_status', { healthStatus: 'unhealthy' });
  happened(10, 'health_status', { healthStatus: 'healthy' });
  workspace.view.setList('containers', { selectedKey: web });
  const screen = startScreen(workspace, stop, {
    ...{ columns, rows, now: () => nowMs },
    env: { TERM: 'xterm-256color', TZ: 'UTC', ...env },
  });
  t.after(() => screen.close());
  await screen.waitFor('web');
  return {
    ...{ screen, workspace, engine },
    tick: () => {
      nowMs += 1000;
      read();
    },
  };
}

/** The later ones use more. */
function busier(stats: CgroupStats, times: number): CgroupStats {
  const { cpu, io, pids } = stats;
  const waves = Math.round(3 * Math.sin(stats.atMs / 9000));
  return {
    ...stats,
    cpu: { ...cpu, usageUs: cpu.usageUs * (times + 1) },
    io: { ...io, readBytes: io.readBytes * (times + 1) },
    pids: { ...pids, current: 8 + waves + times },
  };
}

function pressure(isThere: boolean): Pick<CgroupStats, 'pressure'> | undefined {
  const of = (someAvg10: number) => ({ someAvg10, fullAvg10: someAvg10 / 2 });
  return isThere ? { pressure: { cpu: of(7.5), memory: of(0), io: of(2.25) } } : undefined;
}

async function compare(name: string, { screen }: Scene): Promise<void> {
  const text = `${(await screen.settle()).replaceAll(/\d\d:\d\d:\d\d/g, '00:00:00')}\n`;
  assertGolden(`${name}.txt`, text);
}

for (const [columns, rows] of FIVE_SIZES) {
  test(`graphs at ${columns}x${rows} are the golden frame`, async (t) => {
    const scene = await openScene(t, columns, rows);
    scene.screen.press('\r');
    await compare(`graphs-${columns}x${rows}`, scene);
  });
}

test('without colour the parts of memory are patterns, and the frame is the same', async (t) => {
  const scene = await openScene(t, 200, 60, { env: { NO_COLOR: '1' } });
  scene.screen.press('\r');
  await compare('graphs-200x60', scene);
  assert.match(await scene.screen.text(), /⣿anon \d+M {2}⡪file \d+M {2}⡇kernel \d+K/);
});

test('the plain graphs are ASCII but for names of others', async (t) => {
  const scene = await openScene(t, 120, 40, { env: { TERM: 'dumb' } });
  scene.screen.press('\r');
  const text = await scene.screen.settle();
  assert.doesNotMatch(text.replaceAll('数据库', ''), /[^\x20-\x7e\n]/);
  await compare('graphs-plain-120x40', scene);
});

test('the rows of graphs that have no room are scrolled to, and no further', async (t) => {
  const { screen } = await openScene(t, 80, 24);
  await screen.waitFor(/CPU .*MEM /);
  screen.press('\r', 'j');
  await screen.waitFor(/NET .*I\/O /);
  screen.press('jjj');
  await screen.waitFor(/PIDS .* of 20 +PSI c cpu 7\.5%/);
  screen.press('k');
  await screen.waitFor(/NET .*I\/O /);
});

test('without pressure of the kernel the pane says so', async (t) => {
  const { screen } = await openScene(t, 80, 24, { hasPressure: false });
  screen.press('\r', 'G');
  await screen.waitFor('the kernel keeps none for it');
});

test('what happened stands on the time axis, and beside a change of limits what it was', async (t) => {
  const { screen } = await openScene(t, 120, 40);
  await screen.waitFor(/└[─t]*▲[─t]*O[─t]*R[─t]*H[─t]*h/);
  await screen.waitFor(/-\S+ +memory 32M → 64M +now/);
});

test('the cursor shows what was then, stays at its time, and escape takes it away', async (t) => {
  const { screen, tick } = await openScene(t, 80, 24);
  await screen.waitFor('CPU 0.60 of 0.50');
  screen.press('\r', '\x1b[D', '\x1b[D');
  await screen.waitFor(/12:02:58 -2s/);
  tick();
  await screen.waitFor(/12:02:58 -3s/);
  screen.press('\x1b[1;2D');
  await screen.waitFor(/12:02:48 -13s/);
  screen.press('\x1b[1;2C', '\x1b[1;2C');
  await screen.waitFor(/12:03:01(?! -)/);
  screen.press('\x1b');
  await screen.waitFor(/^(?![\s\S]*12:03:01)/);
});

test('a column of several seconds shows its greatest value, and the cursor the mean too', async (t) => {
  const { screen } = await openScene(t, 80, 24);
  await screen.waitFor(/CPU 0\.60/);
  screen.press('\r', '-', '-');
  await screen.waitFor(/-4m8s max of 4s/);
  screen.press('G', '\x1b[D');
  await screen.waitFor(/PIDS 10 of 20 +mean 9/);
  screen.press('=');
  await screen.waitFor(/PIDS 10 of 20/);
  await screen.waitFor(/-62s +now/);
});

test('frozen graphs and their figures stand still until f is pressed again', async (t) => {
  const { screen, tick } = await openScene(t, 80, 24);
  await screen.waitFor(/CPU 0\.60/);
  screen.press('\r', 'G', 'f');
  const frozen = await screen.waitFor(/frozen: f/);
  assert.match(frozen, /12:03:00/);
  // The counters below them go on.
  const graphOf = (text: string) => text.split('\n').slice(9, -5).join('\n');
  for (let i = 0; i < 5; i++) tick();
  await screen.waitFor(/up +60\.0/);
  assert.equal(graphOf(await screen.settle()), graphOf(frozen));
  screen.press('f');
  await screen.waitFor(/^(?![\s\S]*frozen: f)[\s\S]*now/);
  assert.notEqual(graphOf(await screen.text()), graphOf(frozen));
});

test('g draws the graphs in blocks, in ASCII and in braille again', async (t) => {
  const { screen } = await openScene(t, 80, 24);
  await screen.waitFor(/│⣿+/);
  screen.press('\r', 'g');
  await screen.waitFor(/│█+/);
  screen.press('g');
  // The list beside them too.
  await screen.waitFor(/60\.0 #{8}[\s\S]*│#+/);
  screen.press('g');
  await screen.waitFor(/60\.0 █{8}[\s\S]*│⣿+/);
});

for (const [columns, rows] of FIVE_SIZES) {
  test(`the cursor over zoomed graphs at ${columns}x${rows} is the golden frame`, async (t) => {
    const scene = await openScene(t, columns, rows);
    await scene.screen.waitFor(/web/);
    scene.screen.press('\r', '-', '\x1b[1;2D');
    await compare(`cursor-${columns}x${rows}`, scene);
  });
}

for (const [columns, rows] of FIVE_SIZES) {
  test(`marked containers in one graph each at ${columns}x${rows} are the golden frame`, async (t) => {
    const scene = await openScene(t, columns, rows);
    const { view, containers } = scene.workspace;
    view.setState({ marked: new Set(containers.getState().byId.keys()) });
    scene.screen.press('\r', '.');
    await compare(`compared-${columns}x${rows}`, scene);
  });
}

test('compared containers are told apart without colour, and what belongs to which is said', async (t) => {
  const { screen } = await openScene(t, 120, 40, { env: { NO_COLOR: '1' } });
  screen.press('\r', '.');
  await screen.waitFor('nothing is marked: space marks containers to compare');
  screen.press('1', '\x01', '5', '.');
  await screen.waitFor(/\* cache {2}\+ 数据库 {2}x web/);
  const text = await screen.waitFor(/CPU {2}\* 0\.20 {2}\+ 0\.40 {2}x 0\.60/);
  for (const line of [/│x{20}/, /│\+{20}/, /│\*{20}/]) assert.match(text, line);
  screen.press('.');
  await screen.waitFor(/CPU 0\.\d0 (of|no)/);
});

test('the pane beside the details compares what is marked, else what runs and is on screen', async (t) => {
  const { screen } = await openScene(t, 160, 50);
  await screen.waitFor(/Compare ─+ space marks those to compare/);
  await screen.waitFor(/\* cache {2}\+ 数据库 {2}x web/);
  screen.press('\x01');
  await screen.waitFor(/Compare ─+ 3 marked/);
  screen.press(' ');
  await screen.waitFor(/Compare ─+ 2 marked/);
  await screen.waitFor(/\* cache {2}\+ 数据库 +│/);
});

test('figures of compared containers are read though the list does not show them', async (t) => {
  const engine = new FakeEngine();
  for (let i = 0; i < 20; i++) await engine.add({ name: `box-${i}` });
  const first = engine.containers.find('box-0').value.id;
  const asked = new Set<string>();
  const readStats = engine.containers.readStats.bind(engine.containers);
  engine.containers.readStats = (ids) => {
    for (const id of ids) asked.add(id);
    return readStats(ids);
  };
  const screen = startUiScreen(engine);
  t.after(() => screen.close());
  await screen.waitFor('box-19');
  await waitUntil('a tick', () => asked.size > 0);
  assert.ok(!asked.has(first));
  screen.press('G', ' ', 'g', '\r', '.');
  await screen.waitFor('compared: .');
  asked.clear();
  await waitUntil('its figures', () => asked.has(first));
});
