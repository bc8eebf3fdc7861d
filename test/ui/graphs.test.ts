import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CgroupStats } from '../../src/model/cgroup-stats.js';
import type { ContainerAction } from '../../src/model/events.js';
import { createWorkspace, type Workspace } from '../../src/store/workspace.js';
import { FakeEngine } from '../support/fake-engine.js';
import { fakeStats } from '../support/fake-stats.js';
import { assertGolden } from '../support/golden.js';
import { startScreen, type UiScreen } from '../support/ui-screen.js';

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
