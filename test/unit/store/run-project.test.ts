import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createContainersStore } from '../../../src/store/containers-store.js';
import { createProjectRunner } from '../../../src/store/run-project.js';
import { createViewStore } from '../../../src/store/view-store.js';
import { FakeEngine } from '../../support/fake-engine.js';

interface Waited {
  readonly condition: string;
  readonly hasHealthcheck?: boolean;
  readonly isRemoved?: boolean;
}

/** What the status line says when web is started, which waits 20 ms for db. */
async function startWeb({ condition, hasHealthcheck = false, isRemoved = false }: Waited): Promise<string | undefined> {
  const engine = new FakeEngine();
  const labels = (service: string) => ({ 'com.docker.compose.service': service });
  const db = await engine.add({
    name: 'db',
    labels: labels('db'),
    ...(hasHealthcheck && { healthcheck: { test: ['CMD', 'true'] } }),
  });
  const label = { 'com.docker.compose.depends_on': `db:${condition}:true` };
  const web = await engine.add({ name: 'web', labels: { ...labels('web'), ...label } }, false);
  if (isRemoved) await engine.containers.remove('db', { force: true });
  const view = createViewStore(Date.now);
  const { signal } = new AbortController();
  const run = createProjectRunner({ engine, containers: createContainersStore(), view, signal, waitMs: 20 });
  const perform = async () => {
    await engine.containers.start('web');
    return true;
  };
  await run({ members: [db, web], containers: [web], order: 'dependencies-first', perform });
  const { status } = (await engine.containers.inspect('web')).state;
  return status === 'running' ? status : view.getState().status?.text;
}

test('a container waits no longer than its bound for what it depends on, and not at all where that cannot come', async () => {
  assert.equal(await startWeb({ condition: 'service_started' }), 'running');
  const healthy = 'service_healthy';
  assert.equal(
    await startWeb({ condition: healthy, hasHealthcheck: true }),
    'web is not started: db is not healthy after 0.02 s',
  );
  assert.equal(await startWeb({ condition: healthy }), 'web is not started: db has no health check');
  assert.match(
    (await startWeb({ condition: healthy, isRemoved: true })) ?? '',
    /web is not started: No such container/,
  );
  assert.equal(
    await startWeb({ condition: 'service_completed_successfully' }),
    'web is not started: db is not done after 0.02 s',
  );
});
