import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen, type UiScreen, type UiScreenOptions } from '../support/ui-screen.js';
import { waitUntil } from '../support/wait-until.js';

const labelsOf = (project: string, service: string) => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': service,
});

interface ProjectWorld extends UiScreen {
  readonly engine: FakeEngine;
  statusOf(name: string): string;
}

/** Two projects and a container of none; one of a project does not run. */
async function openWorld(t: TestContext, options: UiScreenOptions = {}): Promise<ProjectWorld> {
  const engine = new FakeEngine();
  for (const service of ['web', 'db']) await engine.add({ name: service, labels: labelsOf('shop', service) });
  await engine.add({ name: 'job', labels: labelsOf('shop', 'job') }, false);
  await engine.add({ name: 'app', labels: labelsOf('wiki', 'app') });
  await engine.add({ name: 'alone' });
  const screen = startUiScreen(engine, { columns: 120, rows: 40, ...options });
  t.after(() => screen.close());
  await screen.waitFor(/▸alone/);
  return { ...screen, engine, statusOf: (name) => engine.containers.find(name).value.state.status };
}

test('containers are grouped by compose project, which says how many run, and folds', async (t) => {
  const { press, waitFor } = await openWorld(t);
  press('F');
  // The projects in the order of the list, what is of none last; the selection stays on its container.
  await waitFor(/▿ wiki +1\/1 up[\s\S]* app[\s\S]*▿ shop +2\/3 up[\s\S]* job[\s\S]*▸alone/);
  press('g');
  await waitFor(/▸▿ wiki/);
  press('j', 'f');
  await waitFor(/▸▹ wiki +1\/1 up[^\n]*\n[^\n]*▿ shop/);
  press('\r');
  await waitFor(/▸▿ wiki[\s\S]*app/);
  press('F');
  await waitFor(/▸app/);
});

test('what is done to a project is done to all of it, after a question that names it and counts', async (t) => {
  const { press, waitFor, statusOf } = await openWorld(t);
  press('F', 'g', 'j', 'j');
  await waitFor(/▸▿ shop/);
  press('s');
  await waitFor(/Stop project shop \(2 of 3 containers\)\?[\s\S]*db, web/);
  press('y');
  await waitUntil('the stop', () => ['web', 'db'].every((each) => statusOf(each) === 'exited'));
  assert.equal(statusOf('app'), 'running');
  await waitFor(/▸▿ shop +0\/3 up/);
  press('s');
  await waitFor('Start project shop (3 containers)?');
  press('y');
  await waitFor(/▸▿ shop +3\/3 up/);
  press('p');
  await waitFor('Pause project shop (3 containers)?');
  press('y');
  await waitUntil('the pause', () => statusOf('web') === 'paused');
  await waitUntil('the other pause', () => statusOf('db') === 'paused');
  await waitFor(/web +‖ paused/);
  press('p');
  await waitFor('Unpause project shop (3 containers)?');
  press('y');
  await waitUntil('the end of it', () => statusOf('db') === 'running');
  press('K');
  await waitFor('Send to project shop (3 containers)');
  press('\x1b');
  await waitFor(/^(?![\s\S]*Send to)/);
  press('r');
  await waitFor('Restart project shop (3 containers)?');
  press('n');
  await waitFor(/^(?![\s\S]*Restart project)/);
  press('D');
  await waitFor(/Remove by force project shop \(3 containers\)\?[\s\S]*db, job, web/);
  press('y');
  await waitFor(/^(?![\s\S]*▿ shop)/);
});

/** A shop whose web waits for a healthy db, and whose db waits for a job that has done its work. */
async function openShop(t: TestContext): Promise<ProjectWorld> {
  const engine = new FakeEngine();
  const on = (service: string, dependencies: string) => ({
    ...labelsOf('shop', service),
    'com.docker.compose.depends_on': dependencies,
  });
  const healthcheck = { test: ['CMD', 'true'] };
  await engine.add({ name: 'web', labels: on('web', 'db:service_healthy:false') }, false);
  const dbLabels = on('db', 'job:service_completed_successfully:false');
  await engine.add({ name: 'db', labels: dbLabels, healthcheck }, false);
  await engine.add({ name: 'job', labels: on('job', ''), command: ['cat'] }, false);
  const screen = startUiScreen(engine, { columns: 120, rows: 40 });
  t.after(() => screen.close());
  await screen.waitFor(/▸job/);
  screen.press('F', 'g');
  await screen.waitFor(/▸▿ shop +0\/3 up/);
  return { ...screen, engine, statusOf: (name) => engine.containers.find(name).value.state.status };
}

test('a project is started in the order of what its services depend on, and stopped the other way round', async (t) => {
  const { press, waitFor, engine, statusOf } = await openShop(t);
  press('s');
  await waitFor(/Start project shop \(3 containers\)\?[\s\S]*What others depend on comes first/);
  press('y');
  await waitFor('db waits for job');
  assert.equal(statusOf('db'), 'created');
  const job = await engine.containers.attach('job');
  await job.closeStdin();
  await waitFor('web waits for db');
  assert.equal(statusOf('web'), 'created');
  engine.containers.setHealth('db', 'healthy');
  await waitUntil('web', () => statusOf('web') === 'running');
  await waitFor(/▿ shop +2\/3 up/);
  const before = engine.journal.length;
  press('s');
  await waitFor(/Stop project shop[\s\S]*What others depend on ends last/);
  press('y');
  await waitFor(/▿ shop +0\/3 up/);
  const stops = engine.journal
    .slice(before)
    .flatMap((event) => (event.action === 'stop' ? event.attributes['name'] : []));
  assert.deepEqual(stops, ['web', 'db']);
});

test('what depends on a container that does not come up is not started, and the reason is said', async (t) => {
  const { press, waitFor, engine, statusOf } = await openShop(t);
  press('s');
  await waitFor('Start project shop');
  press('y');
  await waitFor('db waits for job');
  await engine.containers.kill('job');
  await waitFor('db is not started: job has ended with 137');
  press('s');
  await waitFor('Start project shop (3 containers)?');
  press('y');
  await waitFor('db waits for job');
  await (await engine.containers.attach('job')).closeStdin();
  await waitFor('web waits for db');
  engine.containers.setHealth('db', 'unhealthy');
  await waitFor('web is not started: db is unhealthy');
  assert.deepEqual([statusOf('web'), statusOf('db')], ['created', 'running']);
});

test('the row of a project has the logs of its containers as one, their graphs in one, and its services', async (t) => {
  const { press, waitFor, engine } = await openWorld(t);
  engine.containers.find('web').run.onOutput('stdout', 'from web\n');
  engine.containers.find('db').run.onOutput('stdout', 'from db\n');
  press('F', 'g', 'j', 'j');
  await waitFor(/─ shop +\[Stats\]/);
  await waitFor(/db +\S web/);
  press('l');
  await waitFor(/web +│ from web/);
  await waitFor(/db +│ from db/);
  press('i');
  await waitFor(/shop {2}\d created, 2 up|shop {2}2 up, 1 created/);
  await waitFor(/web +web +● up/);
  // Space marks all of it.
  press('\x1b', ' ');
  await waitFor('3 marked');
});

test('the grouping is kept', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-projects-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const env = { TERM: 'xterm-256color', XDG_CONFIG_HOME: folder };
  const first = await openWorld(t, { env });
  first.press('F', 'g', 'f');
  await first.waitFor(/▸▹ wiki/);
  await first.close();
  const kept: unknown = JSON.parse(readFileSync(join(folder, 'gantry/screen.json'), 'utf8'));
  assert.partialDeepStrictEqual(kept, { groupsProjects: true, foldedProjects: ['wiki'] });
  const second = startUiScreen(first.engine, { columns: 120, rows: 40, env });
  t.after(() => second.close());
  await second.waitFor(/▹ wiki[\s\S]*▿ shop/);
});

test('a container of no project, and a list without any, say so', async (t) => {
  const { press, waitFor } = await openWorld(t);
  press('f');
  await waitFor('alone is of no compose project');
  press('j', 'f');
  await waitFor('not grouped: F groups by compose project');
});
