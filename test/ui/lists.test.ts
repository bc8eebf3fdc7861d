import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
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
