import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import type { ContainerId } from '../../src/model/ids.js';
import { startNew } from '../support/contract-steps.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

async function run(engine: Engine, id: ContainerId, ...command: string[]): Promise<void> {
  const exec = await engine.containers.createExec(id, { command });
  const { output } = await engine.containers.startExec(exec, { stdout: true, stderr: true });
  for await (const _ of output) assert.fail('it says nothing');
}

test('a health check goes to healthy, to unhealthy after its retries, and back', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const end = new AbortController();
  t.after(() => end.abort());
  const events = engine.events({ signal: end.signal })[Symbol.asyncIterator]();
  const nextHealth = async (): Promise<string | undefined> => {
    for (;;) {
      const { value } = await events.next();
      if (value?.action === 'health_status') return value.attributes['healthStatus'];
    }
  };
  const id = await startNew(engine, {
    command: ['sh', '-c', 'touch /well; exec sleep 1000'],
    healthcheck: { test: ['CMD-SHELL', 'echo probed; test -f /well'], intervalMs: 50, retries: 5 },
  });
  const health = async () => {
    const { state } = await engine.containers.inspect(id);
    return state.status === 'running' ? state.health : undefined;
  };
  assert.equal(await nextHealth(), 'healthy');
  assert.equal((await health())?.failingStreak, 0);
  await run(engine, id, 'rm', '/well');
  assert.equal(await nextHealth(), 'unhealthy');
  const ill = await health();
  assert.ok(ill !== undefined && ill.failingStreak >= 5, 'it takes five failed probes');
  assert.deepEqual([ill.log.at(-1)?.exitCode, ill.log.at(-1)?.output], [1, 'probed\n']);
  await run(engine, id, 'touch', '/well');
  assert.equal(await nextHealth(), 'healthy');
});

test('a probe that takes too long fails, and says so', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const end = new AbortController();
  t.after(() => end.abort());
  const events = engine.events({ signal: end.signal });
  const id = await startNew(engine, {
    healthcheck: { test: ['CMD', 'sleep', '1000'], intervalMs: 50, timeoutMs: 50, retries: 1 },
  });
  for await (const { action, attributes } of events) {
    if (action !== 'health_status') continue;
    assert.equal(attributes['healthStatus'], 'unhealthy');
    break;
  }
  const { state } = await engine.containers.inspect(id);
  assert.ok(state.status === 'running');
  assert.equal(state.health?.log[0]?.exitCode, -1);
  assert.match(state.health?.log[0]?.output ?? '', /exceeded timeout/);
});
