import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineError } from '../../src/model/errors.js';
import { FakeEngine } from '../support/fake-engine.js';

test('a container prints into its log, ends with its exit code, and events say so', async () => {
  const engine = new FakeEngine();
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sh', '-c', 'echo hi; exit 3'] });
  const streams = await engine.containers.attach(id);
  const exit = engine.containers.wait(id, { condition: 'next-exit' });
  await engine.containers.start(id);
  const printed: string[] = [];
  for await (const { bytes } of streams.output) {
    printed.push(Buffer.from(bytes).toString());
  }
  assert.equal(printed.join(''), 'hi\n');
  assert.equal((await exit).exitCode, 3);
  assert.deepEqual(
    engine.journal.map(({ action }) => action),
    ['create', 'start', 'die'],
  );
});

test('a container is found by name and prefix, and a signal ends it', async () => {
  const engine = new FakeEngine();
  const { id } = await engine.add({ name: 'web', autoRemove: true });
  assert.equal((await engine.containers.inspect('web')).id, id);
  const removed = engine.containers.wait(id, { condition: 'removed' });
  await engine.containers.kill(id.slice(0, 8), 'TERM');
  assert.equal((await removed).exitCode, 143);
  await assert.rejects(engine.containers.inspect(id), (error: EngineError) => error.kind === 'not-found');
});

test('stats grow while a container runs', async () => {
  let nowMs = 1_000_000;
  const engine = new FakeEngine({ nowMs: () => nowMs });
  const { id } = await engine.add({ limits: { memoryBytes: 64 * 1024 * 1024 } });
  const before = (await engine.containers.readStats([id])).get(id);
  nowMs += 1000;
  const after = (await engine.containers.readStats([id])).get(id);
  assert.equal((after?.cpu.usageUs ?? 0) - (before?.cpu.usageUs ?? 0), 200_000);
  assert.equal(after?.memory.limitBytes, 64 * 1024 * 1024);
});
