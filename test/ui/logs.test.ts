import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createWorkspace } from '../../src/store/workspace.js';
import { FakeEngine } from '../support/fake-engine.js';
import { startScreen, startUiScreen, type UiScreen } from '../support/ui-screen.js';
import { waitUntil } from '../support/wait-until.js';

/** The log of a container with these lines, on the whole screen. */
async function openLog(lines: readonly string[]): Promise<{ print(line: string): void; screen: UiScreen }> {
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  const print = (line: string) => engine.containers.find('box').run.onOutput('stdout', `${line}\n`);
  for (const line of lines) print(line);
  const screen = startUiScreen(engine, { columns: 110, rows: 24 });
  await screen.waitFor('box');
  screen.press('l', '+', '+');
  await screen.waitFor(lines.at(-1) ?? 'nothing printed yet');
  return { print, screen };
}

const REQUESTS = Array.from({ length: 40 }, (_, i) => `GET /item/${i} ${i % 10 === 3 ? 500 : 200}`);

test('& keeps the lines that match and ! hides them, while they are typed, for what comes in too, until escape', async () => {
  const { screen, print } = await openLog(REQUESTS);
  try {
    screen.press('&', ' 500');
    await screen.waitFor(/^(?![\s\S]*item\/34 )[\s\S]*item\/33 500/);
    screen.press('\r', '!', 'item.13', '\r');
    const text = await screen.waitFor('3/40 lines');
    assert.match(text, /& 500 {2}!item.13/);
    assert.doesNotMatch(text, /item\/13 /);
    print('POST /late 500');
    print('POST /other 200');
    await screen.waitFor(/^(?![\s\S]*other)[\s\S]*late 500[\s\S]*/);
    await screen.waitFor('4/42 lines');
    screen.press('k', 'k', 'k');
    await screen.waitFor('stopped: f follows');
    screen.press('/', 'item.23', '\r');
    await screen.waitFor('/item.23');
    screen.press('\x1b');
    await screen.waitFor(/^(?![\s\S]*4\/42 lines)[\s\S]*42 lines/);
  } finally {
    await screen.close();
  }
});

test('search goes from a line in a direction, does not find that line itself, and says where there is no more', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  for (const line of ['x1', 'y', 'x2', 'y', 'x3']) engine.containers.find('box').run.onOutput('stdout', `${line}\n`);
  const stop = new AbortController();
  const workspace = createWorkspace(engine, stop.signal);
  await workspace.sync.ready;
  const screen = startScreen(workspace, stop, { columns: 110, rows: 24 });
  const match = () => workspace.view.getState().logs.match;
  const presses = async (key: string, found: number) => {
    screen.press(key);
    await waitUntil(`line ${found}`, () => match() === found);
  };
  try {
    await screen.waitFor('box');
    screen.press('l');
    await screen.waitFor('x3');
    screen.press('/', 'x');
    await presses('\r', 4);
    await presses('N', 2);
    await presses('N', 0);
    screen.press('N');
    await screen.waitFor('no earlier match for x');
    await presses('n', 2);
    await presses('n', 4);
    screen.press('n');
    await screen.waitFor('no later match for x');
    assert.equal(match(), 4);
  } finally {
    await screen.close();
  }
});

test('a filter that nothing passes says so', async () => {
  const { screen } = await openLog(REQUESTS);
  try {
    screen.press('&', 'nowhere', '\r');
    await screen.waitFor('no line passes the filters: esc clears them');
  } finally {
    await screen.close();
  }
});

test('1 shows the begin of the log from its first line, 0 follows its end again, minutes are a window', async () => {
  const { screen, print } = await openLog(REQUESTS);
  try {
    screen.press('1');
    await screen.waitFor(/│ GET \/item\/0 200[\s\S]*GET \/item\/15 /);
    screen.press('2');
    await screen.waitFor(/follow.*1m/);
    await screen.waitFor('GET /item/39');
    screen.press('0');
    await screen.waitFor(/^(?![\s\S]*1m {2})[\s\S]*GET \/item\/39/);
    screen.press('1');
    await screen.waitFor(/│ GET \/item\/0 200/);
    screen.press('f');
    await screen.waitFor('GET /item/39');
    print('newest');
    await screen.waitFor('newest');
  } finally {
    await screen.close();
  }
});

test('m sets a mark between what was there and what comes', async () => {
  const { screen, print } = await openLog(['before']);
  try {
    screen.press('m');
    await screen.waitFor(/─ \d\d:\d\d:\d\d ─/);
    print('after');
    await screen.waitFor(/before[\s\S]*─ \d\d:\d\d:\d\d ─[\s\S]*after/);
  } finally {
    await screen.close();
  }
});

test('J sets JSON out over several rows, with what stands before it, and leaves other lines', async () => {
  const { screen } = await openLog(['plain [text]', 'app {"level":"warn","tags":["a","b"]}']);
  try {
    screen.press('J');
    await screen.waitFor(/│ app +│\n.*│ \{ +│\n.*│ {3}"level": "warn", +│\n.*│ {3}"tags": \[/);
    await screen.waitFor('plain [text]');
    screen.press('J');
    await screen.waitFor('{"level":"warn","tags":["a","b"]}');
  } finally {
    await screen.close();
  }
});

test('ctrl-s writes the lines that are shown to a new file', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'box.log');
  const { screen } = await openLog(REQUESTS);
  try {
    screen.press('&', '500', '\r', '\x13');
    await screen.waitFor('Save the log of box');
    screen.press('\x15', path);
    await screen.waitFor(path.slice(-20));
    screen.press('\r');
    await screen.waitFor(/^(?![\s\S]*Save the log)[\s\S]*4 lines in/);
    assert.equal(readFileSync(path, 'utf8'), `${REQUESTS.filter((line) => line.includes('500')).join('\n')}\n`);
    screen.press('\x13');
    await screen.waitFor('Save the log of box');
    screen.press('\x15', path, '\r');
    await screen.waitFor('EEXIST');
  } finally {
    await screen.close();
  }
});

test('the logs of marked containers are one, in the order of time, each line with the name of its container', async (t) => {
  let nowMs = Date.UTC(2026, 10, 1);
  const engine = new FakeEngine({ nowMs: () => nowMs });
  for (const name of ['api', 'worker-long-name-of', 'db']) await engine.add({ name });
  const print = (name: string, text: string) => {
    nowMs += 1000;
    engine.containers.find(name).run.onOutput('stdout', `${text}\n`);
  };
  print('db', 'one');
  print('api', 'two');
  print('db', 'three \x1b]0;title\x07\x1b[2Jcleared');
  const screen = startUiScreen(engine, { columns: 110, rows: 24, now: () => nowMs });
  t.after(() => screen.close());
  await screen.waitFor('api');
  screen.press('g', ' ', 'j', ' ', 'l', '+', '+');
  await screen.waitFor('2 containers');
  await screen.waitFor(/db +│ one +│\n.*api +│ two +│\n.*db +│ three cleared +│/);
  // Another mark reads all of them anew.
  screen.press('\x1b');
  await screen.waitFor(/\+api/);
  screen.press('g', 'j', ' ', 'l', '+', '+');
  await screen.waitFor('3 containers');
  print('worker-long-name-of', 'four');
  print('api', 'five');
  await screen.waitFor(/worker-long-n… │ four +│\n.*api +│ five/);
  // Search and filters work over all of them.
  screen.press('&', 'f', '\r');
  await screen.waitFor('2/5 lines');
});

test('what a search finds is in sight where the log has few rows', async (t) => {
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  for (let i = 0; i < 60; i++) engine.containers.find('box').run.onOutput('stdout', `line ${i}.\n`);
  const screen = startUiScreen(engine, { columns: 120, rows: 40 });
  t.after(() => screen.close());
  await screen.waitFor('line 59.');
  screen.press('l', '/', 'line 7\\.', '\r');
  await screen.waitFor('line 7.');
});
