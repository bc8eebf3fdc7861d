import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AttachedStreams } from '../../src/engine/engine.js';
import type { ExecId } from '../../src/model/ids.js';
import { AsyncQueue } from '../support/async-queue.js';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen, type UiScreen, type UiScreenOptions } from '../support/ui-screen.js';
import { waitUntil } from '../support/wait-until.js';

/** A shell whose program is the test: what it was sent, and what it prints. */
interface ScriptedShell {
  readonly container: string;
  readonly sizes: (readonly [columns: number, rows: number])[];
  readonly isLeft: () => boolean;
  typed(): string;
  print(text: string): void;
  exit(code: number): void;
}

interface ShellWorld {
  readonly screen: UiScreen;
  readonly engine: FakeEngine;
  readonly shells: readonly ScriptedShell[];
  /** The next shell, once it is opened. */
  waitForShell(count: number): Promise<ScriptedShell>;
}

async function openWorld(t: TestContext, options: UiScreenOptions = {}): Promise<ShellWorld> {
  const engine = new FakeEngine();
  for (const name of ['web', 'db']) await engine.add({ name });
  const shells: ScriptedShell[] = [];
  const exits = new Map<string, number>();
  const { containers } = engine;
  const owners = new Map<string, string>();
  containers.createExec = async (ref) => {
    const id = `exec${owners.size}` as ExecId;
    owners.set(id, (await containers.inspect(ref)).name);
    return id;
  };
  containers.startExec = (id) => {
    const { shell, streams } = makeShell(owners.get(id) ?? '', (code) => exits.set(id, code));
    shells.push(shell);
    return Promise.resolve(streams);
  };
  containers.inspectExec = (id) => {
    const exitCode = exits.get(id);
    const state =
      exitCode === undefined ? ({ status: 'running', pid: 7 } as const) : ({ status: 'exited', exitCode } as const);
    return Promise.resolve({ id, containerId: containers.find('web').value.id, config: { command: ['sh'] }, state });
  };
  const screen = startUiScreen(engine, { columns: 120, rows: 40, ...options });
  t.after(() => screen.close());
  await screen.waitFor('web');
  const waitForShell = async (count: number) => {
    await waitUntil(`shell ${count}`, () => shells.length >= count);
    return shells[count - 1] as ScriptedShell;
  };
  return { screen, engine, shells, waitForShell };
}

function makeShell(
  container: string,
  onExit: (code: number) => void,
): { shell: ScriptedShell; streams: AttachedStreams } {
  const output = new AsyncQueue<{ stream: 'stdout'; bytes: Uint8Array }>();
  let typed = '';
  let isLeft = false;
  const sizes: (readonly [number, number])[] = [];
  const shell: ScriptedShell = {
    container,
    sizes,
    isLeft: () => isLeft,
    typed: () => typed,
    print: (text) => output.push({ stream: 'stdout', bytes: Buffer.from(text) }),
    exit: (code) => {
      onExit(code);
      output.end();
    },
  };
  const streams: AttachedStreams = {
    output,
    write: (bytes) => {
      typed += Buffer.from(bytes).toString('latin1');
      return Promise.resolve();
    },
    closeStdin: () => Promise.resolve(),
    resize: (columns, rows) => {
      sizes.push([columns, rows]);
      return Promise.resolve();
    },
    detach: () => {
      isLeft = true;
      output.end();
      return Promise.resolve();
    },
  };
  return { shell, streams };
}

test('e opens a shell beside the list, on a terminal of the size of its pane, which follows the screen', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  await screen.waitFor(/Shells {2}\[db\].*ctrl-\] keys of the screen/);
  assert.deepEqual(shell.sizes.at(-1), [74, 32]);
  shell.print(`${'x'.repeat(74)}|`);
  await screen.waitFor(/│ x{74} │\n.*│ \| /);
  screen.resize(80, 24);
  await waitUntil('its new size', () => shell.sizes.at(-1)?.[0] === 76);
  assert.deepEqual(shell.sizes.at(-1), [76, 14]);
});

test('every key goes to the program, byte for byte, until ctrl-]', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  await screen.waitFor('[db]');
  const keys = [
    'q',
    '\x03',
    '\x1a',
    '\x1b',
    '\t',
    '\x1b[A',
    '\x1bOP',
    '\x1b[15~',
    '\x1bx',
    'é日',
    '\x1b[200~two\nlines\x1b[201~',
  ];
  screen.press(...keys);
  const sent = Buffer.from(keys.join('')).toString('latin1');
  await waitUntil('all of them', () => shell.typed() === sent);
  // What comes after it in one piece is the screen's.
  screen.press('a\x1d?');
  await screen.waitFor('type to search');
  assert.equal(shell.typed(), `${sent}a`);
  screen.press('\x1b');
  await screen.waitFor(/^(?![\s\S]*type to search)/);
  screen.press('b', '\r');
  await screen.waitFor('ctrl-] keys of the screen');
  screen.press('c');
  await waitUntil('the key after enter', () => shell.typed() === `${sent}ac`);
  // Twice sends it.
  screen.press('\x1d', '\x1d');
  await waitUntil('ctrl-]', () => shell.typed() === `${sent}ac\x1d`);
});

test('the terminal sends keys as the program asked for them, only while they are its', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  const isOn = () => {
    const { applicationCursorKeysMode, applicationKeypadMode, bracketedPasteMode } = screen.xterm.modes;
    return [applicationCursorKeysMode, applicationKeypadMode, bracketedPasteMode];
  };
  screen.press('e');
  const shell = await waitForShell(1);
  shell.print('\x1b[?1h\x1b=\x1b[?2004hready');
  await screen.waitFor('ready');
  assert.deepEqual(isOn(), [true, true, true]);
  screen.press('\x1d');
  await screen.waitFor('enter types');
  assert.deepEqual(isOn(), [false, false, false]);
  screen.press('\r');
  await screen.waitFor('ctrl-] keys of the screen');
  assert.deepEqual(isOn(), [true, true, true]);
  await screen.close();
  await screen.text();
  assert.deepEqual(isOn(), [false, false, false]);
});

test('what the program asks its terminal is answered to it', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  shell.print('\x1b[5;7H\x1b[6n');
  await waitUntil('where the cursor is', () => shell.typed() === '\x1b[5;7R');
});

test('shells of several containers are kept as tabs, and go on while they are not shown', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const first = await waitForShell(1);
  first.print('first shell');
  await screen.waitFor('first shell');
  // Leaves it running.
  screen.press('\x10\x11');
  await screen.waitFor('the shell in db goes on: 6 shows it');
  await screen.waitFor(/6 1 shell/);
  assert.equal(first.isLeft(), false);
  first.print(' printed meanwhile');
  screen.press('j', 'e');
  const second = await waitForShell(2);
  assert.equal(second.container, 'web');
  await screen.waitFor(/db \[web\]/);
  second.print('second shell');
  await screen.waitFor('second shell');
  screen.press('\x1d', '[');
  await screen.waitFor(/\[db\] web/);
  await screen.waitFor('first shell printed meanwhile');
  // Another one in the same container.
  screen.press('e');
  await waitForShell(3);
  await screen.waitFor(/db web \[db\]/);
  // e on a container that has one shows that.
  screen.press('\x1d', '\x1b');
  await screen.waitFor('[Stats]');
  screen.press('e');
  await screen.waitFor('second shell');
  screen.press('\x1d', 'x');
  await screen.waitFor('shell in web ended');
  assert.ok(second.isLeft());
});

test('the end of the program is told with its exit code, and the end of its container too', async (t) => {
  const { screen, engine, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  shell.print('last words');
  await screen.waitFor('last words');
  shell.exit(3);
  await screen.waitFor(/\[db ended 3\].*ended: exit 3 {2}x closes/);
  await screen.waitFor('last words');
  // Keys are the screen's again.
  screen.press('e');
  const next = await waitForShell(2);
  await screen.waitFor(/\[db\]/);
  next.exit(137);
  await engine.containers.kill('db');
  await screen.waitFor('ended: exit 137, the container too');
  screen.press('x');
  await screen.waitFor('[db ended 3]');
  screen.press('x');
  await screen.waitFor('[Stats]');
});

test('the cursor is where the program has it, unless it hides it, and wide characters keep their columns', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  shell.print('日本e\u0301|');
  const text = await screen.waitFor('日本e\u0301|');
  const row = text.split('\n').findIndex((line) => line.includes('日本'));
  const inverse = () => {
    const line = screen.xterm.buffer.active.getLine(row);
    return Array.from({ length: 20 }, (_, x) => (line?.getCell(44 + x)?.isInverse() ? x : -1)).filter((x) => x >= 0);
  };
  assert.deepEqual(inverse(), [6]);
  shell.print('\x1b[?25l');
  await waitUntil('no cursor', async () => {
    await screen.text();
    return inverse().length === 0;
  });
});

test('without colour a program has its attributes alone', async (t) => {
  const { screen, waitForShell } = await openWorld(t, { env: { TERM: 'xterm-256color', NO_COLOR: '1' } });
  screen.press('e');
  const shell = await waitForShell(1);
  shell.print('\x1b[1;31;44mbold\x1b[0m\x1b[38;2;1;2;3mplain');
  const text = await screen.waitFor('boldplain');
  const y = text.split('\n').findIndex((line) => line.includes('boldplain'));
  const cell = screen.xterm.buffer.active.getLine(y)?.getCell(text.split('\n')[y]?.indexOf('bold') ?? 0);
  assert.ok(cell?.isBold() !== 0 && cell?.isFgDefault() && cell.isBgDefault());
});

test('what went out at the top can be scrolled back to, and typing comes back', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  for (let i = 1; i <= 100; i++) shell.print(`line ${i}.\r\n`);
  await screen.waitFor('line 100.');
  screen.press('\x1b[5;2~');
  await screen.waitFor('↑31 lines');
  screen.press('\x1d', 'g');
  await screen.waitFor('line 1.');
  screen.press('\r');
  await screen.waitFor('ctrl-] keys of the screen');
  screen.press('x');
  await screen.waitFor('line 100.');
  assert.equal(shell.typed(), 'x');
});

test('a flood is drawn ten times a second at most, and rows that stay are not written', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  shell.print('\x1b[2J\x1b[H');
  await screen.settle();
  const started = performance.now();
  const before = screen.writtenCharacters();
  for (let i = 0; i < 400; i++) {
    shell.print(`flood ${i} ${'.'.repeat(60)}\r\n`.repeat(20));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await screen.waitFor('flood 399');
  const frames = 2 + (performance.now() - started) / 100;
  // A whole pane is 32 rows of a hundred characters and some.
  assert.ok(
    screen.writtenCharacters() - before < frames * 12_000,
    `${screen.writtenCharacters() - before} in ${frames} frames`,
  );
  await screen.settle();
  const calm = screen.writtenCharacters();
  shell.print('z');
  await screen.waitFor('z');
  assert.ok(screen.writtenCharacters() - calm < 2000);
});

test('q names the shells that end with the screen, and ends them', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  await screen.waitFor('[db]');
  screen.press('\x1d', 'q');
  await screen.waitFor('[Stats]');
  screen.press('q');
  await screen.waitFor('Leave and end the shell in db?');
  screen.press('y');
  await screen.ended;
  assert.ok(shell.isLeft());
});

test('A attaches in the pane: keys that detach are in the title, and the program goes on', async (t) => {
  const { screen, engine } = await openWorld(t);
  await engine.add({ name: 'cat', command: ['cat'], tty: true, openStdin: true });
  await screen.waitFor(/cat +● up/);
  screen.press('g', 'A');
  await screen.waitFor(/\[cat attached\].*ctrl-p ctrl-q detaches/);
  screen.press('hello');
  await screen.waitFor(/│ hello +│/);
  screen.press('\x10\x11');
  await screen.waitFor('detached from cat');
  assert.equal((await engine.containers.inspect('cat')).state.status, 'running');
  await screen.waitFor('[Stats]');
});

test('a program without a terminal is sent lines, which are echoed and can be taken back', async (t) => {
  const { screen, engine } = await openWorld(t);
  await engine.add({ name: 'cat', command: ['cat'], openStdin: true });
  await screen.waitFor(/cat +● up/);
  screen.press('g', 'A');
  await screen.waitFor('[cat attached]');
  screen.press('abx\x7fc\r');
  await screen.waitFor(/│ abc +│\n.*│ abc +│/);
  screen.press('\x03');
  await screen.waitFor(/ended: exit 130/);
});

test('what is attached without stdin says that nothing can be typed', async (t) => {
  const { screen, engine } = await openWorld(t);
  screen.press('A');
  await screen.waitFor(/\[db attached\].*its stdin is closed/);
  engine.containers.find('db').run.print('printed\n', 'stdout');
  await screen.waitFor('printed');
});

test('a program that asks for the mouse is told of it in the cells of its own screen', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  shell.print('corner');
  const lines = (await screen.waitFor('corner')).split('\n');
  const y = lines.findIndex((line) => line.includes('corner'));
  const x = lines[y]?.indexOf('corner') ?? 0;
  const told = (code: number, end: string) => `\x1b[<${code};${x + 3};${y + 2}${end}`;
  // Not asked for: a click focuses, and nothing is typed.
  screen.press(told(0, 'M'), told(0, 'm'));
  shell.print('\x1b[?1000h\x1b[?1006h');
  await screen.waitFor('corner');
  await waitUntil('the mode', () => {
    screen.press(told(0, 'M'));
    return shell.typed() !== '';
  });
  await waitUntil('the presses', () => shell.typed().replaceAll('\x1b[<0;3;2M', '') === '');
  const before = shell.typed().length;
  // Movements are not asked for; the wheel and releases come with the presses.
  screen.press(told(32, 'M'), told(64, 'M'), told(0, 'm'));
  await waitUntil('the release', () => shell.typed().slice(before) === '\x1b[<64;3;2M\x1b[<0;3;2m');
  // A drag that begins in the pane and leaves it stays at its edge, in the encoding that was asked for.
  shell.print('\x1b[?1006l\x1b[?1002hdrags');
  await screen.waitFor('drags');
  const from = shell.typed().length;
  screen.press('\x1b[<0;1;1M', told(0, 'M'), '\x1b[<32;1;1M', '\x1b[<0;1;1m');
  await waitUntil('the drag', () => shell.typed().slice(from) === '\x1b[M #"\x1b[M@!!\x1b[M#!!');
  // Outside of it, and when the program has taken it back, the mouse is the screen's.
  shell.print('\x1b[?1002lmine');
  await screen.waitFor('mine');
  const end = shell.typed().length;
  screen.press(told(0, 'M'), told(0, 'm'), '\x1d?');
  await screen.waitFor('type to search');
  assert.equal(shell.typed().length, end);
});

test("a drag that gives the pane the focus, and goes on while the screen changes its size, stays its program's", async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  shell.print('\x1b[?1002h\x1b[?1006hdrags');
  await screen.waitFor('drags');
  screen.press('\x1d1');
  await screen.waitFor('↵ open');
  screen.press('\x1b[<0;60;9M');
  await screen.waitFor('ctrl-] keys of the screen');
  screen.resize(120, 38);
  await waitUntil('its new size', () => shell.sizes.at(-1)?.[1] === 30);
  screen.press('\x1b[<32;1;1M', '\x1b[<0;1;1m');
  await waitUntil('the release', () => shell.typed().endsWith('\x1b[<32;1;1M\x1b[<0;1;1m'));
});

test('the wheel is arrows to a program on the alternate screen that has not asked for the mouse, unless it refuses', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  screen.press('e');
  const shell = await waitForShell(1);
  const wheel = (code: number) => `\x1b[<${code};60;9M`;
  const [plain, application] = ['\x1b[A\x1b[A\x1b[A\x1b[B\x1b[B\x1b[B', '\x1bOA\x1bOA\x1bOA\x1bOB\x1bOB\x1bOB'];
  const steps = [
    ['', ''],
    ['\x1b[?1049h', plain],
    ['\x1b[?1h', application],
    ['\x1b[?1007l', ''],
    ['\x1b[?1007h', application],
    ['\x1b[?1049l', ''],
  ] as const;
  for (const [index, [modes, told]] of steps.entries()) {
    shell.print(`\x1b[2J\x1b[H${modes}step ${index}.`);
    await screen.waitFor(`step ${index}.`);
    const before = shell.typed().length;
    // ctrl-x comes after what the wheel is.
    screen.press(wheel(64), wheel(65), '\x18');
    await waitUntil('the key', () => shell.typed().slice(before).includes('\x18'));
    assert.equal(shell.typed().slice(before, -1), told, `step ${index}`);
  }
});

test('the terminal tells movements only while a program in front wants them', async (t) => {
  const { screen, waitForShell } = await openWorld(t);
  assert.equal(screen.xterm.modes.mouseTrackingMode, 'vt200');
  screen.press('e');
  const shell = await waitForShell(1);
  await screen.waitFor('[db]');
  shell.print('\x1b[?1003h');
  await waitUntil('its movements', () => screen.xterm.modes.mouseTrackingMode === 'any');
  screen.press('\x1d', '\x1b');
  await waitUntil('presses alone', () => screen.xterm.modes.mouseTrackingMode === 'vt200');
});
