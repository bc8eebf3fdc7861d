import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDependencies } from '../../../src/store/project-order.js';
import { FakeEngine } from '../../support/fake-engine.js';

/** Dependencies of containers that are given as `name: label`, as `web > db healthy`. */
async function read(services: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const engine = new FakeEngine();
  for (const [name, label] of Object.entries(services)) {
    const [service = ''] = name.split('-');
    const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': service };
    await engine.add({ name, labels: { ...labels, 'com.docker.compose.depends_on': label } }, false);
  }
  const members = await engine.containers.list({ all: true });
  return [...readDependencies(members)]
    .flatMap(([{ name }, all]) => all.map(({ container, condition }) => `${name} > ${container.name} ${condition}`))
    .toSorted();
}

test('a dependency has the condition that compose notes, and is on every container of its service', async () => {
  assert.deepEqual(
    await read({
      web: 'db:service_healthy:false,cache:service_started:true, job:service_completed_successfully:false',
      'db-1': '',
      'db-2': '',
      cache: 'nothing:service_started:false',
      job: 'cache',
    }),
    ['job > cache started', 'web > cache started', 'web > db-1 healthy', 'web > db-2 healthy', 'web > job completed'],
  );
});

test('a circle of dependencies is cut where it closes', async () => {
  const found = await read({ one: 'two', two: 'three', three: 'one,three' });
  assert.equal(found.length, 2);
});
