import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Engine } from '../../src/engine/engine.js';
import type { ContainerId } from '../../src/model/ids.js';
import { startNew } from '../support/contract-steps.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');
const MIB = 2 ** 20;
/** Each line that comes in makes a child that takes memory until it is killed. */
const KILLS = `while read line; do sh -c 'x=0123456789abcdef; while :; do x=$x$x; done'; done`;

async function read(engine: Engine, id: ContainerId) {
  const stats = (await engine.containers.readStats([id])).get(id);
  assert.ok(stats);
  return stats;
}

test('the reading after an event `oom` has the kill', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const limits = { memoryBytes: 16 * MIB, memorySwapBytes: 16 * MIB };
  const id = await startNew(engine, { command: ['sh', '-c', KILLS], openStdin: true, limits });
  const streams = await engine.containers.attach(id, { stdin: true });
  const events = engine.events({ signal: AbortSignal.timeout(60_000) })[Symbol.asyncIterator]();
  const next = async (action: string) => {
    for (;;) {
      const { value, done } = await events.next();
      assert.ok(done !== true, `no event ${action}`);
      // Who follows hears of it in one turn of the event loop: so does the reader of the figures.
      if (value.action === action) return setImmediate();
    }
  };
  assert.equal((await read(engine, id)).memory.oomKills, 0);
  for (const count of [1, 2]) {
    await streams.write(Buffer.from('\n'));
    await next('oom');
    assert.equal((await read(engine, id)).memory.oomKills, count);
  }
  await events.return?.();
});
