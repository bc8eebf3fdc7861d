import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExitedState } from '../../src/model/container.js';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen } from '../support/ui-screen.js';

async function engineWith(count: number): Promise<FakeEngine> {
  const engine = new FakeEngine();
  for (let i = 0; i < count; i++) await engine.add({ name: `box-${i}` });
  return engine;
}

test('the list shows a container that comes in by an event', async () => {
  const engine = await engineWith(1);
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('box-0');
    await engine.add({ name: 'late' });
    await screen.waitFor(/late .*up/);
  } finally {
    await screen.close();
  }
});

test('the list is on the screen before any statistics are read', async () => {
  const engine = await engineWith(3);
  const readStats = engine.containers.readStats.bind(engine.containers);
  const firstRead = Promise.withResolvers<string>();
  engine.containers.readStats = (ids) => {
    firstRead.resolve(screen.text());
    return readStats(ids);
  };
  const screen = startUiScreen(engine);
  try {
    assert.match(await firstRead.promise, /box-2[\s\S]*box-0/);
  } finally {
    await screen.close();
  }
});

test('keys that come in one chunk are handled one by one', async () => {
  const screen = startUiScreen(await engineWith(5));
  try {
    await screen.waitFor('box-0');
    screen.press('jjj');
    await screen.waitFor(/▸box-1/);
  } finally {
    await screen.close();
  }
});

test('stop asks first, names the container, and does nothing when refused', async () => {
  const engine = await engineWith(1);
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('box-0');
    screen.press('s');
    await screen.waitFor('Stop box-0?');
    screen.press('n');
    await screen.waitFor(/^(?![\s\S]*Stop box-0\?)/);
    assert.equal((await engine.containers.inspect('box-0')).state.status, 'running');
    screen.press('s', '\r');
    await screen.waitFor(/err 143/);
    assert.equal((await engine.containers.inspect('box-0')).state.status, 'exited');
  } finally {
    await screen.close();
  }
});

test('a dialog closes without a trace on the panes below it', async () => {
  const engine = await engineWith(3);
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('box-0');
    screen.press('?');
    await screen.waitFor('type to search');
    screen.press('\x1b');
    const after = await screen.waitFor(/^(?![\s\S]*type to search)/);
    assert.match(after, /box-0/);
    assert.match(after, /\[Stats\]/);
  } finally {
    await screen.close();
  }
});

test('every size from 1x1 to 200x60 is drawn without a failure, and resizing keeps the selection', async () => {
  const screen = startUiScreen(await engineWith(4));
  try {
    await screen.waitFor('box-0');
    screen.press('j');
    await screen.waitFor('▸box-2');
    for (const [columns, rows] of [
      [1, 1],
      [2, 3],
      [9, 2],
      [39, 9],
      [40, 10],
      [60, 16],
      [120, 40],
      [200, 60],
      [90, 50],
      [120, 24],
      [80, 24],
    ] as const) {
      screen.resize(columns, rows);
      await delay(80);
      const text = await screen.text();
      assert.equal(text.split('\n').length, rows);
    }
    await screen.waitFor('▸box-2');
  } finally {
    await screen.close();
  }
});

test('below 40x10 a row that a container leaves is blank', async () => {
  const engine = await engineWith(3);
  const screen = startUiScreen(engine, { columns: 38, rows: 5 });
  try {
    await screen.waitFor(/box-2[\s\S]*box-0/);
    await engine.containers.remove('box-0', { force: true });
    await screen.waitFor(/^(?![\s\S]*box-0)/);
    assert.equal((await screen.settle()).match(/box-/g)?.length, 2);
  } finally {
    await screen.close();
  }
});

test('nothing is written while nothing changes', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'made' }, false);
  // The clock stands still: ages are a change too.
  const screen = startUiScreen(engine, { now: () => 1_800_000_000_000 });
  try {
    await screen.waitFor('made');
    await screen.settle();
    const before = screen.writtenCharacters();
    // Longer than a tick of the statistics.
    await delay(1500);
    assert.equal(screen.writtenCharacters() - before, 0);
  } finally {
    await screen.close();
  }
});

for (const [columns, rows, keys] of [
  [39, 9, []],
  [60, 16, ['2']],
  [120, 40, []],
  [120, 40, ['3', 'y']],
  [200, 60, ['4', 't']],
  [200, 60, ['2', 'y']],
] as const) {
  test(`no pane is drawn again at ${columns}x${rows} with ${keys.join(' ') || 'the containers'} in front while nothing changes`, async () => {
    const engine = new FakeEngine({ nowMs: () => 0 });
    await engine.volumes.create({ name: 'data' });
    await engine.add({ name: 'made' }, false);
    const screen = startUiScreen(engine, { columns, rows, now: () => 1_800_000_000_000 });
    try {
      await screen.waitFor('made');
      screen.press(...keys);
      await screen.settle();
      await screen.settle();
      const before = screen.writtenCharacters();
      // Longer than a tick of the statistics, and something that changes nothing.
      screen.press('\x1b[<0;1;1m');
      await delay(1300);
      assert.equal(screen.writtenCharacters() - before, 0);
    } finally {
      await screen.close();
    }
  });
}

test('the memory slider writes, reads back, and z takes it back', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'box', limits: { memoryBytes: 256 * 2 ** 20 } });
  const screen = startUiScreen(engine, { columns: 120, rows: 40 });
  try {
    await screen.waitFor('box');
    screen.press('u');
    await screen.waitFor(/▸memory/);
    screen.press('\x1b[C', '\x1b[C');
    await screen.waitFor('256M → 384M');
    screen.press('\r');
    await screen.waitFor(/memory 256M → 384M applied in .* ms, read back/);
    assert.equal((await engine.containers.inspect('box')).limits.memoryBytes, 384 * 2 ** 20);
    screen.press('z');
    await screen.waitFor(/memory 384M → 256M applied/);
    assert.equal((await engine.containers.inspect('box')).limits.memoryBytes, 256 * 2 ** 20);
    screen.press('512m', '\r');
    await screen.waitFor(/memory 256M → 512M applied/);
    assert.equal((await engine.containers.inspect('box')).limits.memoryBytes, 512 * 2 ** 20);
    screen.press('64m');
    await screen.waitFor('memory = 64m');
    screen.press('\x1b');
    await screen.waitFor(/^(?![\s\S]*memory = 64m)[\s\S]*as the kernel has it/);
    assert.equal((await engine.containers.inspect('box')).limits.memoryBytes, 512 * 2 ** 20);
  } finally {
    await screen.close();
  }
});

test('q leaves the alternate screen and ends', async () => {
  const screen = startUiScreen(await engineWith(1));
  await screen.waitFor('box-0');
  screen.press('q');
  await screen.ended;
  await screen.text();
  assert.equal(screen.xterm.buffer.active.type, 'normal');
});

test('an empty host offers its first image, and enter twice runs it', async () => {
  const engine = new FakeEngine({ images: [] });
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('Press enter to run host');
    screen.press('\r');
    await screen.waitFor('Run a container');
    screen.press('first', '\r');
    await screen.waitFor(/▸first .*● up/);
    assert.equal((await engine.containers.inspect('first')).config.image, 'host');
    screen.press('@');
    await screen.waitFor('gantry run --detach --name first --tty --interactive host');
  } finally {
    await screen.close();
  }
});

test('an empty host shows how an image comes in, with the keys that do it', async () => {
  const screen = startUiScreen(new FakeEngine({ images: [] }), { columns: 60, rows: 16 });
  try {
    await screen.waitFor(/2 p +pull an image from a registry/);
    screen.press('2', 'p');
    await screen.waitFor('Pull');
    screen.press('\x1b');
    await screen.waitFor(/^(?![\s\S]*Pull an image)/);
    screen.press('1');
    await screen.waitFor(/2 L +load images from a file/);
    screen.press('2', 'L');
    await screen.waitFor('Load');
  } finally {
    await screen.close();
  }
});

test('a form with a mistake stays open and says what is wrong', async () => {
  const screen = startUiScreen(new FakeEngine());
  try {
    await screen.waitFor(/to run busybox/);
    screen.press('R', '\t', '\t', '64q', '\r');
    await screen.waitFor(/invalid/);
    await screen.waitFor('Run a container');
  } finally {
    await screen.close();
  }
});

test('logs follow, can be searched, and come back to following', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  const { run } = engine.containers.find('box');
  for (let i = 0; i < 100; i++) run.onOutput('stdout', `line ${i}${i === 20 ? ' needle' : ''}\n`);
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('box');
    screen.press('l');
    await screen.waitFor('line 99');
    screen.press('/', 'needle', '\r');
    await screen.waitFor(/line 20 needle/);
    await screen.waitFor('stopped: f follows');
    run.onOutput('stdout', 'newest\n');
    screen.press('f');
    await screen.waitFor('newest');
  } finally {
    await screen.close();
  }
});

test('a filter narrows the list while it is typed, and escape gives the list back', async () => {
  const engine = await engineWith(3);
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('box-0');
    screen.press('/', 'x-1');
    await screen.waitFor(/^(?![\s\S]*box-0 )[\s\S]*box-1/);
    screen.press('\x1b');
    await screen.waitFor(/box-0 /);
  } finally {
    await screen.close();
  }
});

test('marked containers are stopped together after one question', async () => {
  const engine = await engineWith(3);
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('box-0');
    screen.press(' ', ' ', 's');
    await screen.waitFor('Stop box-2, box-1?');
    screen.press('y');
    await screen.waitFor(/err 143[\s\S]*err 143/);
    assert.equal((await engine.containers.inspect('box-0')).state.status, 'running');
  } finally {
    await screen.close();
  }
});

test('c copies the id by OSC 52, and a key without a meaning says so', async () => {
  const engine = await engineWith(1);
  const screen = startUiScreen(engine);
  const copied: string[] = [];
  screen.xterm.parser.registerOscHandler(52, (data) => {
    copied.push(Buffer.from(data.slice(2), 'base64').toString());
    return true;
  });
  try {
    await screen.waitFor('box-0');
    screen.press('c');
    await screen.waitFor('copied');
    assert.deepEqual(copied, [(await engine.containers.inspect('box-0')).id]);
    screen.press('Z');
    await screen.waitFor('Z means nothing here');
  } finally {
    await screen.close();
  }
});

test('a log that runs fast is not painted line by line', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  const { run } = engine.containers.find('box');
  const screen = startUiScreen(engine, { columns: 100, rows: 30 });
  try {
    await screen.waitFor('box');
    screen.press('l');
    await screen.waitFor('nothing printed yet');
    const before = screen.writtenCharacters();
    for (let i = 0; i < 10_000; i++) run.onOutput('stdout', `line ${i}\n`);
    await screen.waitFor('line 9999', 20_000);
    await screen.waitFor(/10000 lines/);
    assert.ok(screen.writtenCharacters() - before < 50_000, 'the screen was painted for every line');
  } finally {
    await screen.close();
  }
});

test('a limit changed elsewhere moves the slider, marks the graph and says both values', async () => {
  const engine = new FakeEngine();
  const { id } = await engine.add({ name: 'box', limits: { memoryBytes: 64 * 2 ** 20 } });
  const screen = startUiScreen(engine, { columns: 120, rows: 40 });
  try {
    await screen.waitFor(/MEM .* of 64M/);
    await engine.containers.update(id, { limits: { memoryBytes: 128 * 2 ** 20 } });
    await screen.waitFor(/update box memory 64M → 128M/);
    await screen.waitFor(/└─*S?─*▲/);
    await screen.waitFor(/memory +4M ├━+●─+┤ 8G +128M/);
    await engine.containers.update(id, { limits: { nanoCpus: 500_000_000 } });
    await screen.waitFor(/update box cpus max → 0.50 .*update box memory 64M → 128M/);
  } finally {
    await screen.close();
  }
});

test('events say how it ended, which signal was sent and how its health is', async () => {
  const engine = await engineWith(1);
  const { value } = engine.containers.find('box-0');
  const screen = startUiScreen(engine, { columns: 160, rows: 50 });
  try {
    await screen.waitFor(/start box-0/);
    const event = { type: 'container', id: value.id, atMs: Date.now() } as const;
    engine.emit({ ...event, action: 'health_status', attributes: { name: 'box-0', healthStatus: 'unhealthy' } });
    await screen.waitFor('health_status box-0 unhealthy');
    await screen.waitFor(/└[─S]*H/);
    await engine.containers.kill('box-0', 'SIGTERM');
    await screen.waitFor(/kill box-0 SIGTERM/);
    await screen.waitFor(/die box-0 exit 143 SIGTERM/);
    engine.emit({ ...event, atMs: Date.now(), action: 'oom', attributes: { name: 'box-0' } });
    // Of what happened in one second the gravest is marked.
    await screen.waitFor(/└─*[SH]*O/);
  } finally {
    await screen.close();
  }
});

test('what happened shortly before the screen was opened is there', async () => {
  const engine = await engineWith(1);
  const { value } = engine.containers.find('box-0');
  const attributes = { name: 'box-0' };
  engine.emit({ type: 'container', id: value.id, action: 'oom', atMs: Date.now() - 300_000, attributes });
  const screen = startUiScreen(engine, { columns: 160, rows: 50 });
  try {
    await screen.waitFor(/oom box-0/);
    await screen.waitFor(/box-0 .*OOM×1/);
  } finally {
    await screen.close();
  }
});

test('an end is explained, with what to do next', async () => {
  const engine = new FakeEngine();
  for (const [name, code] of Object.entries({ fine: 0, three: 3, absent: 127, closed: 126 }))
    await engine.add({ name, command: ['sh', '-c', `exit ${code}`] });
  const limits = { memoryBytes: 64 * 2 ** 20 };
  await engine.add({ name: 'greedy', limits });
  await engine.add({ name: 'deaf' });
  await engine.add({ name: 'unset' }, false);
  const screen = startUiScreen(engine);
  const endWith = (name: string, change: Partial<ExitedState>) => {
    const found = engine.containers.find(name);
    const ended = { status: 'exited', exitCode: 137, startedAtMs: 1, finishedAtMs: 2, oomKilled: false } as const;
    found.value = { ...found.value, state: { ...ended, ...change } };
    const attributes = { name, exitCode: '137' };
    engine.emit({ type: 'container', id: found.value.id, action: 'die', atMs: Date.now(), attributes });
  };
  const explains = async (name: string, ...texts: readonly (string | RegExp)[]) => {
    screen.press('/', `^${name}`, '\r');
    await screen.waitFor(new RegExp(`▸${name}`));
    for (const text of texts) await screen.waitFor(text);
    screen.press('\x1b');
    await screen.waitFor(/^(?![\s\S]*\/\^)/);
  };
  try {
    await screen.waitFor('greedy');
    await explains('fine', 'exit 0: ended by itself, no error', 'l logs   s start again');
    await explains('three', 'exit 3: ended by itself with an error');
    await explains('absent', 'exit 127: command not found', 'R run another command');
    await explains('closed', 'exit 126: the command is there but cannot be executed');
    await explains('unset', 'not started yet', 's start   d remove');
    endWith('greedy', { oomKilled: true });
    await explains('greedy', /killed by the OOM killer \(SIGKILL\) at its memory limit of 64M/, 'u raise its memory');
    endWith('unset', { exitCode: 128, startedAtMs: 0, error: 'cannot start: mount /data: EPERM' });
    await explains('unset', 'exit 128: not started: cannot start: mount /data: EPERM');
    const unfound = 'failed to create task for container: OCI runtime create failed: exec: "x": not found: unknown';
    endWith('unset', { exitCode: 127, startedAtMs: 0, error: unfound });
    await explains('unset', 'exit 127: command not found: exec: "x": not found  ', 'R run another command');
    const { id } = engine.containers.find('deaf').value;
    const kill = { type: 'container', id, action: 'kill' } as const;
    engine.emit({ ...kill, atMs: Date.now() - 10_000, attributes: { name: 'deaf', signal: '15' } });
    engine.emit({ ...kill, atMs: Date.now(), attributes: { name: 'deaf', signal: '9' } });
    endWith('deaf', {});
    await explains('deaf', 'exit 137: killed by SIGKILL, 10 s after SIGTERM: it did not stop in time');
  } finally {
    await screen.close();
  }
});

test('a tab that gets a pane of its own on a larger screen is not shown twice, and comes back on a smaller one', async () => {
  const screen = startUiScreen(await engineWith(1));
  try {
    await screen.waitFor('box-0');
    screen.press('u');
    await screen.waitFor(/\[Tune\]/);
    screen.resize(120, 40);
    const large = await screen.waitFor(/\[Stats\] Net Sec Top Layers Inspect/);
    assert.equal(large.match(/memory +4M/g)?.length, 1);
    screen.press('\x1b[D');
    await screen.waitFor(/max → \S+|no limit → \S+/);
    screen.press('\x1b');
    screen.resize(80, 24);
    await screen.waitFor(/\[Tune\]/);
  } finally {
    await screen.close();
  }
});

test('V lists what has happened, can be filtered, and opens an event in full', async () => {
  const engine = await engineWith(2);
  await engine.add({ name: 'broken', command: ['sh', '-c', 'exit 139'] });
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor(/broken +✖/);
    screen.press('V');
    await screen.waitFor(/▸ \d\d:\d\d:\d\d die broken exit 139 SIGSEGV[\s\S]*of \d+ +type to filter/);
    screen.press('create');
    await screen.waitFor(/^(?![\s\S]*die broken)[\s\S]*create broken[\s\S]*create box-1[\s\S]*3 of/);
    screen.press('\x15', 'exitCode=139', '\r');
    await screen.waitFor(
      /what +container die[\s\S]*exitCode +139 {2}killed by SIGSEGV: it used memory that is not its own/,
    );
    screen.press('\r');
    await screen.waitFor('1 of');
    screen.press('\x15', '\x1b[B');
    // What comes in above leaves the cursor on its event.
    await screen.waitFor(/▸ \S+ start broken/);
    await engine.containers.pause('box-0');
    await screen.waitFor(/pause box-0[\s\S]*▸ \S+ start broken/);
  } finally {
    await screen.close();
  }
});

test('a prune names the stopped containers and says what it frees', async () => {
  const engine = await engineWith(1);
  for (const name of ['old', 'older']) await engine.add({ name, command: ['true'] });
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor(/old +. exit 0/);
    screen.press('P');
    await screen.waitFor('Remove 2 stopped containers?');
    await screen.waitFor(/old, older[\s\S]*Frees 200/);
    screen.press('y');
    await screen.waitFor('Total reclaimed space: 200B');
    await screen.waitFor(/1\/1/);
  } finally {
    await screen.close();
  }
});
