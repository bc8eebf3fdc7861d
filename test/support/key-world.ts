import { setImmediate } from 'node:timers/promises';
import { createWorkspace, type Workspace } from '../../src/store/workspace.js';
import type { CommandContext } from '../../src/ui/commands/command-context.js';
import { routeKey } from '../../src/ui/key-router.js';
import { KEYMAP, type KeyContext } from '../../src/ui/keymap.js';
import { createSessionsStore, type SessionsStore } from '../../src/ui/sessions/sessions-store.js';
import { FakeEngine } from './fake-engine.js';
import { makeFakeImage } from './fake-images.js';
import { waitUntil } from './wait-until.js';

/** A screen without a terminal: keys go in, and what they change can be told. */
export interface KeyWorld {
  readonly workspace: Workspace;
  press(...keys: readonly string[]): Promise<void>;
  /** All that keys change, flat, by its path. */
  describe(): Readonly<Record<string, string>>;
  close(): void;
}

const MIB = 2 ** 20;

/** The keys that lead into a context. */
const WAYS: Readonly<Record<KeyContext, readonly string[]>> = {
  everywhere: [],
  containers: [],
  images: ['2'],
  volumes: ['3'],
  networks: ['4'],
  stats: ['5'],
  tune: ['u'],
  logs: ['l'],
  layers: ['2', 'y', 'tab'],
  files: ['3', 'y'],
  sessions: ['e'],
  text: ['i'],
  question: ['s'],
  menu: ['K'],
  form: ['R'],
};

/** A host with something of everything, its middle container selected, and the focus in a context. */
export async function openKeyWorld(context: KeyContext): Promise<KeyWorld> {
  const engine = new FakeEngine({
    nowMs: () => 0,
    images: ['busybox:latest', 'app:1', 'app:2'].map((name) => makeFakeImage([name])),
  });
  const tcp = { hostPort: 8080, containerPort: 80, protocol: 'tcp' } as const;
  const limits = { memoryBytes: 256 * MIB, nanoCpus: 500_000_000, pidsMax: 100 };
  for (const name of ['one', 'two', 'three']) await engine.add({ name, limits, ports: [tcp] });
  for (const name of ['one', 'two', 'three']) await engine.volumes.create({ name: `of-${name}` });
  for (const line of ['a line', 'a needle', '{"json":1}']) {
    engine.containers.find('two').run.onOutput('stdout', `${line}\n`);
  }
  const stop = new AbortController();
  const workspace = createWorkspace(engine, stop.signal, () => 0);
  await workspace.sync.ready;
  workspace.view.setState({
    listHeights: { containers: 5, images: 5, volumes: 5, networks: 5, files: 10, detail: 10 },
  });
  const calls: string[] = [];
  const call = (name: string) => () => void calls.push(name);
  const sessions = createSessionsStore(0);
  const commands: CommandContext = {
    workspace,
    bindings: KEYMAP,
    ownCommands: [],
    programs: {
      openUrl: (url) => Promise.resolve(calls.push(`open ${url}`) > 0),
      run: () => Promise.resolve(0),
      runInTerminal: () => Promise.resolve(0),
    },
    contexts: {
      readContexts: () => Promise.resolve({ contexts: [{ name: 'default', description: 'here' }], current: 'default' }),
      show: () => Promise.resolve(),
    },
    lend: (borrow) => borrow(),
    themes: () => ['dark', 'light'],
    quit: call('quit'),
    copy: call('copy'),
    textExtent: () => ({ count: 100, widest: 200, width: 80, height: 10 }),
    dialogScroll: () => ({ start: 0, last: 100 }),
    redraw: call('redraw'),
    suspend: call('suspend'),
    lendToShell: () => Promise.resolve(void calls.push('shell')),
    graphStyle: () => 'braille',
    sessions,
  };
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) {
      routeKey(commands, key);
      // What the fake engine does is done some turns later.
      for (let turn = 0; turn < 20; turn++) await setImmediate();
    }
  };
  await press('down', ...WAYS[context]);
  // As ctrl-] does, which the terminal's input is told by.
  if (context === 'sessions') sessions.setState({ isTyping: false });
  // A reading, for the cursor to begin at.
  if (context === 'stats') workspace.stats.setState({ atMs: 100_000 });
  if (context === 'layers' || context === 'files') {
    await waitUntil('the files', () => workspace.files.getState().status === 'ready');
  }
  if (context === 'logs') await waitUntil('the log', () => workspace.logs.getState().ring.end >= 3);
  return {
    workspace,
    press,
    describe: () =>
      flatten({ ...describeStores(workspace), ...describeSessions(sessions), calls, engine: describeEngine(engine) }),
    close: () => {
      void sessions.closeAll();
      stop.abort();
    },
  };
}

function describeEngine(engine: FakeEngine): readonly string[] {
  return engine.containers.all.map(({ value }) => `${value.name} ${value.state.status}`);
}

function describeSessions(store: SessionsStore): Readonly<Record<string, unknown>> {
  const { sessions, current, isTyping } = store.getState();
  return { sessions: { count: sessions.length, current, isTyping } };
}

function describeStores({ view, limits, logs, files, undo }: Workspace): Readonly<Record<string, unknown>> {
  const { field, isLive, draft } = limits.getState();
  const { ring, filter, window } = logs.getState();
  const { layer, cursor, showsWaste, rows, scope, hidden } = files.getState();
  return {
    view: view.getState(),
    limits: { field, isLive, draft },
    logs: { first: ring.first, end: ring.end, filter, window },
    files: { layer, cursor, showsWaste, rows: rows.length, scope, hidden },
    canUndo: undo.lastMs() !== undefined,
  };
}

/**
 * Scalars by their paths; times, ids and the keys of rows are left out, for they are others at every run, and what is in fields and menus: it
 * has tests of its own.
 */
function flatten(value: unknown, path = ''): Record<string, string> {
  if (value instanceof Set) return { [path]: `${value.size} of them` };
  if (
    typeof value === 'function' ||
    /(atMs|selectedKey|markAnchor|\.confirm|\.items\.|\.values\.|\.fields\.)/.test(path)
  )
    return {};
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) return { [path]: String(value).replaceAll(/[\d.]+ m?s\b/g, 'N ms') };
  const join = (key: string) => (path === '' ? key : `${path}.${key}`);
  return Object.assign({}, ...Object.entries(value).map(([key, each]) => flatten(each, join(key))));
}
