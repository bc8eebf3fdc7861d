import { createWorkspace, type Workspace } from '../../src/store/workspace.js';
import { FakeEngine } from './fake-engine.js';
import { fakeStats } from './fake-stats.js';
import { startScreen, type UiScreen } from './ui-screen.js';

export const FRAME_START = Date.UTC(2026, 0, 2, 12, 0, 0);
const MIB = 2 ** 20;

export interface FrameScreen extends UiScreen {
  readonly workspace: Workspace;
}

export interface FrameScreenOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What else the engine has or is told. */
  prepare?(engine: FakeEngine): Promise<void> | void;
}

/** A host with something of everything and two minutes of readings, on a screen of this size; the clock stands still. */
export async function openFrameScreen(
  columns: number,
  rows: number,
  { env = {}, prepare }: FrameScreenOptions = {},
): Promise<FrameScreen> {
  let nowMs = FRAME_START;
  const engine = new FakeEngine({ nowMs: () => nowMs });
  await fill(engine);
  await prepare?.(engine);
  const stop = new AbortController();
  const workspace = createWorkspace(engine, stop.signal, () => nowMs);
  await workspace.sync.ready;
  const running = await engine.containers.list();
  for (let second = 1; second <= 120; second++) {
    nowMs = FRAME_START + second * 1000;
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
  return { ...screen, workspace };
}

/** A host with nothing. */
export async function openEmptyScreen(
  columns: number,
  rows: number,
  { env = {} }: FrameScreenOptions = {},
): Promise<FrameScreen> {
  const stop = new AbortController();
  const now = () => FRAME_START;
  const workspace = createWorkspace(new FakeEngine({ images: [], nowMs: now }), stop.signal, now);
  await workspace.sync.ready;
  const screen = startScreen(workspace, stop, { columns, rows, now, env: { TERM: 'xterm-256color', ...env } });
  await screen.waitFor('No containers yet');
  return { ...screen, workspace };
}

async function fill(engine: FakeEngine): Promise<void> {
  await engine.networks.create({ name: 'app', pools: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1' }] });
  await engine.volumes.create({ name: 'pgdata' });
  const ports = [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }] as const;
  const limits = { memoryBytes: 64 * MIB, nanoCpus: 500_000_000 };
  await engine.add({ name: 'web', limits, ports: [...ports], networks: [{ network: 'app' }] });
  const mounts = [{ type: 'volume', source: 'pgdata', target: '/var/lib/pg' }] as const;
  await engine.add({ name: '数据库', limits: { memoryBytes: 512 * MIB }, mounts: [...mounts] });
  await engine.add({ name: 'cache' });
  await engine.add({ name: 'worker', command: ['sh', '-c', 'echo cannot open port; exit 3'] });
  await engine.add({ name: 'made' }, false);
  await engine.containers.pause('cache');
  for (const line of ['GET /api/items 200 12ms', 'POST /login 401 3ms', 'WARN pool exhausted']) {
    engine.containers.find('web').run.onOutput('stdout', `${line}\n`);
  }
}
