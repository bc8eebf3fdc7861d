import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ContainerId } from '../../src/model/ids.js';
import { startNew } from '../support/contract-steps.js';
import { type EngineWorld, makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:busybox');

/** What the monitor waited before each run but the first, ms. */
function readDelays({ options }: EngineWorld, id: ContainerId): readonly number[] {
  const path = join(options.runRoot, 'journals', `${id}.jsonl`);
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  return lines
    .map((line) => JSON.parse(line) as { readonly event: string; readonly delayMs: number })
    .filter(({ event }) => event === 'restarting')
    .map(({ delayMs }) => delayMs);
}

test('waits between restarts double from 100 ms, and begin anew after a life of ten seconds', needs, async (t) => {
  const world = makeEngineWorld(t);
  const engine = await world.open();
  // The fourth life is a long one; the file counts them.
  const script = 'echo x >> /lives; [ $(wc -l < /lives) = 4 ] && sleep 10.1; exit 3';
  const id = await startNew(engine, { command: ['sh', '-c', script], restartPolicy: { name: 'always' } });
  const delays = await waitUntil(
    'the long life to end',
    () => {
      const read = readDelays(world, id);
      return read.length >= 5 && read;
    },
    60_000,
  );
  assert.deepEqual(delays.slice(0, 5), [100, 200, 400, 100, 200]);
  const { restartCount } = await engine.containers.inspect(id);
  assert.ok(restartCount >= 4, String(restartCount));
  await engine.containers.stop(id, { timeoutMs: 0 });
});
