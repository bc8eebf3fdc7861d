import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContainersStore } from '../../../src/store/containers-store.js';
import { type ListedRow, rowKey } from '../../../src/store/listed-row.js';
import { selectListedRows } from '../../../src/store/project-rows.js';
import { createStatsStore } from '../../../src/store/stats-store.js';
import { createViewStore } from '../../../src/store/view-store.js';
import { FakeEngine } from '../../support/fake-engine.js';

test('rows grouped by project are made once of what they are made of', async () => {
  const engine = new FakeEngine();
  const labels = { 'com.docker.compose.project': 'shop' };
  for (const name of ['web', 'db']) await engine.add({ name, labels });
  await engine.add({ name: 'alone' });
  const containers = createContainersStore();
  containers.replaceAll(await engine.containers.list());
  const stats = createStatsStore();
  const view = createViewStore(Date.now);
  view.setState({ groupsProjects: true });
  const select = () => selectListedRows(containers.getState(), stats.getState(), view.getState());
  const namesOf = (rows: readonly ListedRow[]) => rows.map(({ name }) => name);
  const rows = select();
  assert.deepEqual(namesOf(rows).toSorted(), ['alone', 'db', 'shop', 'web']);
  assert.equal(select(), rows);
  view.setState({ foldedProjects: new Set(['shop']) });
  assert.deepEqual(namesOf(select()), ['shop', 'alone']);
  view.setList('containers', { filter: 'alone' });
  assert.deepEqual(namesOf(select()), ['alone']);
  view.setState({ groupsProjects: false });
  view.setList('containers', { filter: '' });
  assert.equal(select().length, 3);
  view.setState({ groupsProjects: true });
  const db = await engine.containers.inspect('db');
  containers.merge(new Map([[db.id, undefined]]));
  assert.deepEqual(select().map(rowKey)[0], 'project:shop');
  assert.deepEqual(
    select().flatMap((row) => ('members' in row ? row.members.map(({ name }) => name) : [])),
    ['web'],
  );
});
