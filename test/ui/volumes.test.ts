import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';

async function openVolumes(): Promise<{ engine: FakeEngine; screen: UiScreen }> {
  const engine = new FakeEngine();
  await engine.volumes.create({ name: 'pgdata', labels: { team: 'db' } });
  await engine.volumes.create({
    name: 'scratch',
    options: { type: 'tmpfs', device: 'tmpfs', o: 'size=64m' },
  });
  await engine.add({
    name: 'db',
    mounts: [{ type: 'volume', source: 'pgdata', target: '/var/lib/pg', readOnly: true }],
  });
  const screen = startUiScreen(engine, { columns: 120, rows: 40 });
  await screen.waitFor('db');
  screen.press('3');
  return { engine, screen };
}

test('volumes show their size, who has them and what is mounted; the details say where and how', async () => {
  const { screen } = await openVolumes();
  try {
    await screen.waitFor(/pgdata +2K db/);
    await screen.waitFor(/used by +db \(running\) at \/var\/lib\/pg, read-only/);
    await screen.waitFor(/size +2K/);
    await screen.waitFor(/label +team=db/);
    screen.press('+', '+');
    await screen.waitFor(/pgdata +2K +db +\d+s +local/);
    await screen.waitFor(/scratch +2K +- +\d+s +tmpfs/);
  } finally {
    await screen.close();
  }
});

test('a volume in use is not removed, and the line says who has it; another one goes after a question', async () => {
  const { engine, screen } = await openVolumes();
  try {
    await screen.waitFor(/▸pgdata/);
    screen.press('d');
    await screen.waitFor('db has it: remove that first');
    await screen.waitFor(/size +2K/);
    screen.press('j', 'd');
    await screen.waitFor('Remove scratch?');
    await screen.waitFor('What is in it is lost: 2K.');
    screen.press('y');
    await screen.waitFor('scratch removed');
    assert.deepEqual(
      (await engine.volumes.list()).map(({ name }) => name),
      ['pgdata'],
    );
  } finally {
    await screen.close();
  }
});

test('a prune says first how many go and what that frees', async () => {
  const { engine, screen } = await openVolumes();
  try {
    await screen.waitFor(/▸pgdata/);
    screen.press('P');
    await screen.waitFor(/unused +2, frees 0/);
    screen.press('j', '\r');
    await screen.waitFor('Remove 2 unused volumes?');
    await screen.waitFor('pgdata, scratch');
    screen.press('y');
    await screen.waitFor('Total reclaimed space: 0B');
    assert.equal((await engine.volumes.list()).length, 0);
  } finally {
    await screen.close();
  }
});

test('a volume is made by a form with options and labels', async () => {
  const { engine, screen } = await openVolumes();
  try {
    await screen.waitFor(/▸pgdata/);
    screen.press('n');
    await screen.waitFor('Make a volume');
    screen.press('cache', '\t', 'type=tmpfs device=tmpfs o=size=1m', '\t', 'a=b', '\r');
    await screen.waitFor('cache made');
    const [made] = (await engine.volumes.list()).filter(({ name }) => name === 'cache');
    assert.deepEqual(made?.options, { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' });
    assert.deepEqual(made?.labels, { a: 'b' });
  } finally {
    await screen.close();
  }
});
