import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen } from '../support/ui-screen.js';

test('what a container may beyond the usual is said in plain words, with the capabilities that make it', async (t) => {
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  const { namespaces } = engine;
  const security = await namespaces.security('box');
  const names = ['CHOWN', 'SYS_MODULE'];
  const capabilities = { ...security.capabilities, effective: names, bounding: names };
  namespaces.security = () => Promise.resolve({ ...security, capabilities, seccomp: 'disabled' as const });
  const screen = startUiScreen(engine, { rows: 44 });
  t.after(() => screen.close());
  await screen.waitFor('box');
  screen.press('S');
  const text = await screen.waitFor('it can load kernel modules');
  assert.match(text, /it may make every system call: seccomp is off/);
  assert.match(text, /added 1 +SYS_MODULE/);
  assert.match(text, /dropped 13 +DAC_OVERRIDE/);
  assert.match(text, /read-only +\/proc\/sys \/sys/);
  assert.match(text, /masked +\/proc\/kcore/);
});

test('the namespaces come with their networks, mounts, and a tree of all of them', async (t) => {
  const engine = new FakeEngine();
  for (const name of ['one', 'two']) await engine.add({ name });
  const list = engine.namespaces.list.bind(engine.namespaces);
  const ids = engine.containers.all.map(({ value }) => value.id);
  engine.namespaces.list = async () => {
    const all = await list();
    // Both are in one network, as with --network container:one.
    const [shared] = all.filter(({ type, host }) => type === 'net' && !host);
    return [
      ...all.filter(({ type }) => type !== 'net'),
      ...(shared === undefined ? [] : [{ ...shared, pids: [4001, 4002], containerIds: ids }]),
    ];
  };
  const screen = startUiScreen(engine, { rows: 60 });
  t.after(() => screen.close());
  await screen.waitFor('one');
  screen.press('N', '+', '+');
  const text = await screen.waitFor('all namespaces');
  assert.match(text, /net +\d+ shared with one/);
  assert.match(text, /eth0 +172\.17\.0\.2\/16/);
  assert.match(text, /default +via 172\.17\.0\.1 at eth0/);
  assert.match(text, /ro \/proc\/sys +proc/);
  assert.match(text, / pid +│\n.*4026531836 host.*\n.*\d+ own +two.*\n.*\d+ own +one|own +one[\s\S]*own +two/);
  assert.match(text, / net +│\n.*\d+ shared one, two/);
});
