import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createWorkspace } from '../../src/store/workspace.js';
import { KEYMAP } from '../../src/ui/keymap.js';
import { paintContainerList } from '../../src/ui/panes/container-list.js';
import { createSessionsStore } from '../../src/ui/sessions/sessions-store.js';
import { cellsOf, stripStyles } from '../../src/ui/terminal/ansi-text.js';
import { selectGlyphs } from '../../src/ui/terminal/glyphs.js';
import { createTheme } from '../../src/ui/terminal/theme.js';
import { FakeEngine } from '../support/fake-engine.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';

async function openList(home?: string): Promise<{ engine: FakeEngine; screen: UiScreen }> {
  const engine = new FakeEngine();
  for (let i = 0; i < 4; i++) await engine.add({ name: `box-${i}` });
  const env = { TERM: 'xterm-256color', ...(home === undefined ? {} : { HOME: home }) };
  const screen = startUiScreen(engine, { columns: 130, rows: 30, env });
  await screen.waitFor('▸box-3');
  return { engine, screen };
}

test('a range is marked from the row that was marked last, and the bulk menu acts on all of it', async () => {
  const { engine, screen } = await openList();
  try {
    screen.press('b');
    await screen.waitFor('nothing is marked');
    screen.press(' ', 'j', 'v');
    await screen.waitFor('3 marked');
    screen.press('b');
    await screen.waitFor(/With 3 marked[\s\S]*stop +3 of them run/);
    screen.press('j', '\r');
    await screen.waitFor('Stop box-3, box-2, box-1?');
    screen.press('y');
    await screen.waitFor(/box-1 .*err 143/);
    assert.equal((await engine.containers.inspect('box-0')).state.status, 'running');
  } finally {
    await screen.close();
  }
});

test('columns and sort are found again by the next screen', async (t) => {
  const home = makeTemporaryFolder(t);
  const first = await openList(home);
  try {
    await first.screen.waitFor('STATE');
    first.screen.press('o', 'j', '\r', 'O');
    await first.screen.waitFor('sort name reversed');
    first.screen.press('C');
    await first.screen.waitFor('[x] STATE');
    first.screen.press('j', ' ');
    await first.screen.waitFor('[ ] STATE');
    first.screen.press('q');
  } finally {
    await first.screen.close();
  }
  const next = await openList(home);
  try {
    const text = await next.screen.waitFor('sort name reversed');
    assert.doesNotMatch(text, /STATE/);
  } finally {
    await next.screen.close();
  }
});

test('a preferences file that is broken is told on the screen and left as it is', async (t) => {
  const home = makeTemporaryFolder(t);
  const path = join(home, '.config/gantry/screen.json');
  mkdirSync(join(home, '.config/gantry'), { recursive: true });
  writeFileSync(path, '{ "sort": 7 }');
  const { screen } = await openList(home);
  try {
    await screen.waitFor(/screen.json is not used, nor written: sort is not what it must be/);
    screen.press('O');
    await screen.waitFor('sort created reversed');
  } finally {
    await screen.close();
  }
  assert.equal(readFileSync(path, 'utf8'), '{ "sort": 7 }');
});

/** A screen with containers of these names; the first has the labels. */
async function openNamed(t: TestContext, names: readonly string[]): Promise<UiScreen> {
  const engine = new FakeEngine();
  for (const [i, name] of names.entries())
    await engine.add({ name, ...(i === 0 ? { labels: { team: 'shop', tier: 'front' } } : {}) });
  const screen = startUiScreen(engine, { columns: 80, rows: 24 });
  t.after(() => screen.close());
  await screen.waitFor(`▸${names.at(-1)}`);
  return screen;
}

test('a list is filtered by label and by letters of a name, and the help says how', async (t) => {
  const screen = await openNamed(t, ['front-web', 'database', 'worker']);
  screen.press('/', 'label:team=shop');
  await screen.waitFor(/label:key=value/);
  await screen.waitFor(/▸front-web(?![\s\S]*(database|worker) )/);
  screen.press('\r');
  await screen.waitFor('/label:team=shop');
  screen.press('\x1b');
  await screen.waitFor(/worker /);
  screen.press('/', '~dbs', '\r');
  await screen.waitFor(/▸database(?![\s\S]*(front-web|worker) )/);
  screen.press('\x1b');
  await screen.waitFor(/front-web /);
  screen.press('/', '!label:team ~wrk', '\r');
  await screen.waitFor(/▸worker(?![\s\S]*(front-web|database) )/);
  screen.press('?', 'fuzzy');
  await screen.waitFor(/filter of a list[\s\S]*~text {2}fuzzy: names that have the characters/);
});

test('wide characters, emoji and combining marks keep the columns straight', async (t) => {
  const engine = new FakeEngine();
  const names = [
    'plain',
    '数据库',
    '한국어',
    'e\u0301te\u0301',
    '🚀rocket',
    '⭐star',
    'ﾊﾝｶｸ',
    'naïve',
    '很长的容器名字它不适合这一列的宽度',
  ];
  for (const name of names) await engine.add({ name });
  const stop = new AbortController();
  t.after(() => stop.abort());
  const workspace = createWorkspace(engine, stop.signal);
  await workspace.sync.ready;
  const [theme, glyphs, now] = [createTheme('plain'), selectGlyphs({}), () => 0] as const;
  const context = { workspace, theme, glyphs, bindings: KEYMAP, sessions: createSessionsStore(0), now };
  for (const width of [40, 60, 80, 120]) {
    const rows = paintContainerList(context, true, width, 14).map(stripStyles);
    const [, titles = ''] = rows;
    const listed = rows.slice(2, 2 + names.length);
    // The states are below their title, measured in cells as terminals have them.
    const column = titles.indexOf('STATE');
    assert.ok(column > 0, titles);
    for (const row of listed) {
      assert.equal(cellsOf(row).indexOf('●'), column, row);
      assert.equal(cellsOf(row).length, width, row);
    }
  }
  assert.deepEqual(cellsOf('a数🚀e\u0301b'), ['a', '数', '', '🚀', '', 'e', 'b']);
});
