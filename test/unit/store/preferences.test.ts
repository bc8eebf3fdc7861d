import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { configPath, keepPreferences } from '../../../src/store/preferences.js';
import { createRecentsStore } from '../../../src/store/recents-store.js';
import { createViewStore } from '../../../src/store/view-store.js';
import { makeTemporaryFolder } from '../../support/temporary-folder.js';

async function open(path: string) {
  const view = createViewStore(() => 0);
  const recents = createRecentsStore();
  return { view, recents, keeper: await keepPreferences(path, { view, recents }) };
}

function pathIn(t: TestContext): string {
  return configPath({ XDG_CONFIG_HOME: makeTemporaryFolder(t), HOME: '/nobody' }, 'screen.json') ?? '';
}

test('the file is where the XDG specification says, and none without a home', () => {
  assert.equal(configPath({ XDG_CONFIG_HOME: '/x', HOME: '/h' }, 'screen.json'), '/x/gantry/screen.json');
  assert.equal(configPath({ XDG_CONFIG_HOME: 'relative', HOME: '/h' }, 'screen.json'), '/h/.config/gantry/screen.json');
  assert.equal(configPath({}, 'screen.json'), undefined);
});

test('what was chosen is there again the next time, and nothing is written before', async (t) => {
  const path = pathIn(t);
  const first = await open(path);
  await first.keeper.close();
  assert.throws(() => statSync(path), /ENOENT/);
  const second = await open(path);
  second.view.setState({
    sort: { column: 'memory', isReversed: true },
    networkSort: { column: 'subnet', isReversed: false },
    hiddenColumns: { containers: ['NET'], images: [], volumes: [], networks: ['AGE'] },
  });
  second.view.setLogs({ isWrapped: true, search: 'not kept' });
  second.recents.addPull('alpine:3.20');
  second.recents.addRun({ image: 'alpine', command: 'true' });
  await second.keeper.close();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const third = await open(path);
  const { sort, networkSort, hiddenColumns, logs } = third.view.getState();
  assert.deepEqual(sort, { column: 'memory', isReversed: true });
  assert.deepEqual(networkSort, { column: 'subnet', isReversed: false });
  assert.deepEqual(hiddenColumns, { containers: ['NET'], images: [], volumes: [], networks: ['AGE'] });
  assert.equal(logs.isWrapped, true);
  assert.equal(logs.search, '');
  assert.deepEqual(third.recents.getState().pulls, ['alpine:3.20']);
  assert.deepEqual(third.recents.getState().runs, [{ image: 'alpine', command: 'true' }]);
  await third.keeper.close();
});

test('a file of a program that knew fewer lists is taken as it is', async (t) => {
  const path = pathIn(t);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '{"hiddenColumns":{"containers":["AGE"],"images":[]}}');
  const { view, keeper } = await open(path);
  assert.deepEqual(view.getState().hiddenColumns, { containers: ['AGE'], images: [], volumes: [], networks: [] });
  await keeper.close();
});

test('a file that is broken, or says what cannot be, is told, not used and not overwritten', async (t) => {
  const path = pathIn(t);
  mkdirSync(dirname(path), { recursive: true });
  for (const [text, told] of [
    ['{"sort":', /is not used, nor written: .*JSON/],
    ['{"sort":{"column":"smell","isReversed":false}}', /is not used, nor written: sort\.column is not what it must be/],
  ] as const) {
    writeFileSync(path, text);
    const { view, keeper } = await open(path);
    assert.match(view.getState().status?.text ?? '', told);
    view.setState({ showsAll: false });
    await keeper.close();
    assert.equal(readFileSync(path, 'utf8'), text);
    assert.equal(view.getState().sort.column, 'created');
  }
});

test('fields of a newer program stay in the file', async (t) => {
  const path = pathIn(t);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '{"theme":"sea","showsAll":true}');
  const { view, keeper } = await open(path);
  view.setState({ showsAll: false });
  await keeper.close();
  const kept: unknown = JSON.parse(readFileSync(path, 'utf8'));
  assert.ok(typeof kept === 'object' && kept !== null && 'theme' in kept && 'showsAll' in kept);
  assert.deepEqual([kept.theme, kept.showsAll], ['sea', false]);
});
