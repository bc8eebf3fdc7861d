import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';

/** A screen of a user who has a key file. */
async function openWithKeys(t: TestContext, file: unknown): Promise<UiScreen> {
  const config = makeTemporaryFolder(t);
  mkdirSync(join(config, 'gantry'));
  writeFileSync(join(config, 'gantry', 'keys.json'), JSON.stringify(file));
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  const screen = startUiScreen(engine, { env: { TERM: 'xterm-256color', XDG_CONFIG_HOME: config } });
  t.after(() => screen.close());
  await screen.waitFor('box');
  return screen;
}

test('the keys of the user work, and footer, help and palette show them', async (t) => {
  const screen = await openWithKeys(t, {
    containers: { 'start-stop': 'X', 'show-logs': 's' },
    everywhere: { help: 'H', copy: [] },
  });
  await screen.waitFor(/s logs.*X stop\/start.*H help/);
  screen.press('X');
  await screen.waitFor('Stop box?');
  screen.press('n', 's');
  await screen.waitFor('[Logs]');
  screen.press('c');
  await screen.waitFor('c means nothing here: H shows all keys');
  screen.press('H', 'start it');
  await screen.waitFor(/ X {2}start it, or stop it/);
  screen.press('\x1b');
  await screen.waitFor(/^(?![\s\S]*type to search)/);
  // What has no key is still found by its name.
  screen.press(':', 'clipboard', '\r');
  await screen.waitFor('copied');
});

test('a key file with a clash is named, and the keys are those of the table', async (t) => {
  const screen = await openWithKeys(t, { containers: { restart: 's' } });
  await screen.waitFor('What is wrong in your files');
  await screen.waitFor(/keys\.json is not/);
  await screen.waitFor(/start-stop and restart/);
  screen.press('\r');
  await screen.waitFor(/^(?![\s\S]*is wrong in)[\s\S]* s stop\/start/);
  screen.press('s');
  await screen.waitFor('Stop box?');
});

test('the keys of the user work in dialogs, which name them; the keys of the table are free there', async (t) => {
  const screen = await openWithKeys(t, {
    question: { 'answer-yes': 'J', 'answer-no': 'N' },
    menu: { 'menu-choose': 'ctrl-t', 'menu-down': 'd' },
    form: { 'form-submit': 'ctrl-t', 'form-next': 'ctrl-n' },
    everywhere: { 'command-log': 'B' },
  });
  screen.press('s');
  await screen.waitFor(/J stop {3}esc N keep it/);
  screen.press('y', '\r', 'n', 'N');
  await screen.waitFor(/^(?![\s\S]*Stop box)[\s\S]*box +● up/);
  screen.press('K');
  await screen.waitFor(/▸ SIGKILL/);
  screen.press('j', 'd', '\r');
  await screen.waitFor(/▸ SIGTERM/);
  screen.press('\x14');
  await screen.waitFor('SIGTERM sent to box');
  screen.press('R');
  await screen.waitFor(/▸ name[\s\S]*ctrl-t run {3}ctrl-n next field/);
  screen.press('\r', '\t', 'x', '\x0e');
  await screen.waitFor(/ name +x [\s\S]*▸ command/);
  screen.press('\x1b');
  await screen.waitFor(/^(?![\s\S]*Run a container)/);
  // The key that opens it closes it.
  screen.press('B');
  await screen.waitFor('gantry kill --signal SIGTERM box');
  screen.press('@');
  screen.press('B');
  await screen.waitFor(/^(?![\s\S]*gantry kill --signal)/);
});

test('sentences name the keys of the user', async (t) => {
  const screen = await openWithKeys(t, { containers: { 'start-stop': 'ctrl-t', 'remove-force': [], mark: 'x' } });
  screen.press('d');
  await screen.waitFor(/box runs: ctrl-t stops it *$/m);
  screen.press('b');
  await screen.waitFor('nothing is marked: x marks');
});
