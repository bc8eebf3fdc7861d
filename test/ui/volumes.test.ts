import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLayerFiles } from '../../src/engine/layers/file-index/layer-files.js';
import { EngineError } from '../../src/model/errors.js';
import type { SaveArchive } from '../../src/store/actions.js';
import { FakeEngine } from '../support/fake-engine.js';
import { makeIndex } from '../support/layer-index.js';
import type { TestEntry } from '../support/tar-fixtures.js';
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

test('a volume is made by a form with options and labels; where none is listed, none is selected', async () => {
  const { engine, screen } = await openVolumes();
  try {
    await screen.waitFor(/▸pgdata/);
    screen.press('/', 'none like it');
    await screen.waitFor('─ nothing selected ─');
    screen.press('\x1b');
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

test('the files of a volume are browsed, folded, filtered and copied out', async () => {
  const engine = new FakeEngine();
  await engine.volumes.create({ name: 'pgdata' });
  await engine.volumes.create({ name: 'second' });
  const saved: string[] = [];
  const saveArchive: SaveArchive = async (_, path, target) => {
    saved.push(await Promise.resolve(`${path} ${target}`));
  };
  const screen = startUiScreen(engine, { columns: 80, rows: 24, saveArchive });
  try {
    await screen.waitFor('No containers yet');
    screen.press('3', 'y');
    await screen.waitFor('Files of pgdata');
    await screen.waitFor(/drwx------ +999:999 +1\.8K - base\//);
    await screen.waitFor(/-rw------- +999:999 +1\.8K +1259/);
    await screen.waitFor(/lrwxrwxrwx +0:0 +0B +wal → \/elsewhere\/wal/);
    await screen.waitFor('4 entries, 1.8K');
    screen.press(' ');
    await screen.waitFor(/\+ base\//);
    assert.doesNotMatch(await screen.text(), /1259/);
    screen.press('/', 'conf', '\r');
    await screen.waitFor(/▸-rw-r----- +999:999 +12B +postgresql\.conf/);
    assert.doesNotMatch(await screen.text(), /wal →/);
    screen.press('x');
    await screen.waitFor('Extract /postgresql.conf');
    screen.press('\r');
    await screen.waitFor('/postgresql.conf is in ./postgresql.conf');
    assert.deepEqual(saved, ['/postgresql.conf ./postgresql.conf']);
    screen.press('@');
    await screen.waitFor('gantry volume export pgdata | tar -x postgresql.conf');
    screen.press('\x1b');
    await screen.waitFor('/conf');
    // The filter goes first, then the files.
    screen.press('\x1b');
    await screen.waitFor(/wal →/);
    screen.press('\x1b');
    await screen.waitFor(/volume +pgdata/);
    screen.press('j');
    await screen.waitFor(/▸second/);
    await screen.waitFor(/volume +second/);
  } finally {
    await screen.close();
  }
});

test('the files of a volume follow what becomes of them, and the cursor stays on its file', async () => {
  const engine = new FakeEngine();
  await engine.volumes.create({ name: 'pgdata' });
  const file = (path: string, content: string): TestEntry => ({ path, content, mode: 0o640, uid: 999, gid: 999 });
  let entries = [file('conf', 'port = 5432'), file('log', ''), file('wal', '')];
  engine.volumes.files = () => Promise.resolve(createLayerFiles([makeIndex(entries)]));
  const screen = startUiScreen(engine, { columns: 80, rows: 24 });
  try {
    await screen.waitFor('No containers yet');
    screen.press('3', 'y');
    await screen.waitFor('3 entries, 11B');
    screen.press('j');
    await screen.waitFor(/▸-rw-r----- +999:999 +0B +log/);
    entries = [file('base', ''), ...entries.slice(0, 1), file('log', 'begun\n'), ...entries.slice(2)];
    await screen.waitFor('4 entries, 17B');
    await screen.waitFor(/▸-rw-r----- +999:999 +6B +log/);
    entries = entries.filter(({ path }) => path !== 'log');
    await screen.waitFor(/▸-rw-r----- +999:999 +0B +wal/);
    // What is opened again is read again.
    screen.press('\x1b');
    await screen.waitFor(/volume +pgdata/);
    entries = [file('last', '')];
    screen.press('y');
    await screen.waitFor('1 entries, 0B');
  } finally {
    await screen.close();
  }
});

test('what of layers means nothing to a volume is said', async () => {
  const { screen } = await openVolumes();
  try {
    await screen.waitFor(/▸pgdata/);
    screen.press('y');
    await screen.waitFor('Files of pgdata');
    screen.press(':', 'wasted', '\r');
    await screen.waitFor('a volume has no layers');
  } finally {
    await screen.close();
  }
});

test('volumes that cannot be read say why', async () => {
  const { engine, screen } = await openVolumes();
  try {
    await screen.waitFor(/▸pgdata/);
    engine.volumes.files = () => Promise.reject(new EngineError('unavailable', 'mount pgdata: no such device'));
    screen.press('y');
    await screen.waitFor('mount pgdata: no such device');
  } finally {
    await screen.close();
  }
});

test('marked volumes are removed together, and sorted by what is chosen', async () => {
  const { engine, screen } = await openVolumes();
  try {
    await screen.waitFor(/▸pgdata/);
    await engine.volumes.create({ name: 'cache' });
    await screen.waitFor(/Volumes 3/);
    screen.press('o', 'j', 'j', '\r');
    await screen.waitFor('sort containers');
    screen.press('/', 'cache|scratch', '\r', '\x01');
    await screen.waitFor(/\+cache +2K/);
    screen.press('d');
    await screen.waitFor('Remove cache, scratch?');
    await screen.waitFor('What is in it is lost: 4K.');
    screen.press('y');
    await screen.waitFor(/Volumes 1/);
  } finally {
    await screen.close();
  }
});
