import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readProcessStat } from '../../src/platform/proc.js';
import { startEngineProcess } from '../support/engine-process.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { makeLeakCheck } from '../support/leak-check.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:busybox');

test('containers outlive every engine, are found again with their logs, and leave nothing', needs, async (t) => {
  const world = makeEngineWorld(t);
  const leaks = makeLeakCheck(world.options);
  // Makes the image.
  await (await world.open()).close();
  const names = Array.from({ length: 20 }, (_, i) => `survivor-${i}`);
  const command = ['sh', '-c', 'i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done; exec sleep 1000'];
  const halves = [names.slice(0, 10), names.slice(10)];
  const toSteps = (half: readonly string[]): readonly object[] => half.map((name) => ({ run: { name, command } }));
  const processes = await Promise.all(halves.map((half) => startEngineProcess(t, world.options, toSteps(half))));
  assert.deepEqual(await Promise.all(processes.map(({ go }) => go())), [true, true]);
  await Promise.all(processes.map(({ kill }) => kill()));

  const engine = await world.open();
  const found = await engine.containers.list();
  assert.deepEqual(found.map(({ name }) => name).sort(), [...names].sort());
  const inits = found.map(({ state }) => (state.status === 'running' ? state.init.pid : 0));
  assert.ok(inits.every((pid) => existsSync(`/proc/${pid}`)));
  for (const { id } of found) {
    await waitUntil(`all lines of ${id}`, async () => {
      const lines: string[] = [];
      for await (const { text } of engine.containers.logs(id)) lines.push(text);
      return lines.length === 200 && lines.every((text, i) => text === `line ${i}\n`);
    });
  }
  await Promise.all(found.map(({ id }) => engine.containers.remove(id, { force: true })));
  assert.deepEqual(await engine.containers.list({ all: true }), []);
  await engine.close();
  await leaks.assertNothingLeft();
});

test('what ended while no engine was open is told to the next one, with --rm done', needs, async (t) => {
  const world = makeEngineWorld(t);
  await (await world.open()).close();
  const command = ['sh', '-c', 'while [ ! -e /go ]; do sleep 0.02; done; exit 9'];
  const process = await startEngineProcess(t, world.options, [
    { run: { name: 'kept', command: ['sh', '-c', 'sleep 0.1; exit 9'] } },
    { run: { name: 'gone', command: ['sh', '-c', 'sleep 0.1; exit 9'], autoRemove: true } },
    { run: { name: 'lives', command } },
  ]);
  assert.equal(await process.go(), true);
  await process.kill();
  const engine = await world.open();
  const { exitCode } = await engine.containers.wait('kept');
  assert.equal(exitCode, 9);
  await waitUntil('the removal', async () => (await engine.containers.list({ all: true })).length === 2);
  assert.equal((await engine.containers.inspect('lives')).state.status, 'running');
});

test('of engines that find the same container with --rm ended one removes it, and none complains', needs, async (t) => {
  const world = makeEngineWorld(t);
  await (await world.open()).close();
  const run = (index: number) => ({ name: `gone-${index}`, command: ['sh', '-c', 'sleep 0.3'], autoRemove: true });
  const steps = Array.from({ length: 6 }, (_, index) => ({ run: run(index) }));
  const process = await startEngineProcess(t, world.options, steps);
  assert.equal(await process.go(), true);
  await process.kill();
  const journals = join(world.options.runRoot, 'journals');
  const hasEnded = (name: string): boolean => readFileSync(join(journals, name), 'utf8').includes('"exit"');
  await waitUntil('the end of all', () => readdirSync(journals).every(hasEnded));
  const engines = await Promise.all(Array.from({ length: 4 }, () => world.open()));
  await waitUntil('the removal', async () => (await engines[0]?.containers.list({ all: true }))?.length === 0);
  for (const engine of engines) await engine.close();
  const log = join(world.options.runRoot, 'engine.log');
  assert.equal(existsSync(log) ? readFileSync(log, 'utf8') : '', '');
});

test('a container whose monitor was killed has ended, and can be started again', needs, async (t) => {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sleep', '1000'] });
  await engine.containers.start(id);
  const { state } = await engine.containers.inspect(id);
  assert.ok(state.status === 'running');
  const monitor = readProcessStat(state.init.pid)?.parentPid;
  assert.ok(monitor !== undefined && monitor > 1);
  process.kill(monitor, 'SIGKILL');
  await waitUntil('the end of the monitor', () => !existsSync(`/proc/${monitor}`));
  await engine.close();

  const next = await world.open();
  const after = await next.containers.inspect(id);
  assert.ok(after.state.status === 'exited' && after.state.exitCode === 137, JSON.stringify(after.state));
  await waitUntil('the end of the program', () => !existsSync(`/proc/${state.init.pid}`));
  await next.containers.start(id);
  assert.equal((await next.containers.inspect(id)).state.status, 'running');
});

test('who waits for a container is told when its monitor is killed', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sleep', '1000'], autoRemove: true });
  await engine.containers.start(id);
  const { state } = await engine.containers.inspect(id);
  assert.ok(state.status === 'running');
  const waiting = engine.containers.wait(id);
  process.kill(readProcessStat(state.init.pid)?.parentPid ?? 0, 'SIGKILL');
  assert.equal((await waiting).exitCode, 137);
  await waitUntil('the removal', async () => (await engine.containers.list({ all: true })).length === 0);
});
