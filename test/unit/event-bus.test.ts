import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createEventBus, type EventBus } from '../../src/engine/events/event-bus.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import type { EngineEvent, EventSubject } from '../../src/model/events.js';
import type { ContainerId } from '../../src/model/ids.js';
import { systemClock } from '../../src/platform/clock.js';
import type { Database } from '../../src/platform/database.js';

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-events-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function openBus(t: TestContext, root: string, clock = systemClock): { bus: EventBus; database: Database } {
  const database = openStateDatabase(root);
  const bus = createEventBus({ database, root, clock });
  t.after(() => {
    bus.close();
    database.close();
  });
  return { bus, database };
}

const subject = (name: string): EventSubject => ({
  type: 'container',
  action: 'create',
  id: name as ContainerId,
  attributes: { name },
});

async function take(events: AsyncIterable<EngineEvent>, count: number): Promise<string[]> {
  const names: string[] = [];
  for await (const event of events) {
    names.push(event.id);
    if (names.length === count) break;
  }
  return names;
}

test('another process sees an event within 100 ms, without polling', async (t) => {
  const root = makeFolder(t);
  // Two connections and two watches of one file are what two processes have.
  const { bus: writer } = openBus(t, root);
  const { bus: reader } = openBus(t, root);
  for (let i = 0; i < 5; i++) {
    const iterator = reader.follow()[Symbol.asyncIterator]();
    const next = iterator.next();
    const before = performance.now();
    writer.publish(subject(`c${i}`));
    const { value } = await next;
    const elapsedMs = performance.now() - before;
    assert.equal(value?.id, `c${i}`);
    assert.ok(elapsedMs < 100, `${elapsedMs} ms`);
    await iterator.return?.();
  }
});

test('a listener is called once for what this process publishes, and once for what another does', async (t) => {
  const root = makeFolder(t);
  const { bus } = openBus(t, root);
  const { bus: other } = openBus(t, root);
  let calls = 0;
  const heard = Promise.withResolvers<void>();
  t.after(
    bus.listen(() => {
      calls++;
      if (calls === 3) heard.resolve();
    }),
  );
  const touches = other.follow()[Symbol.asyncIterator]();
  // The kernel has told all that watch of the first once one of them has been told of the second.
  for (const name of ['first', 'second']) {
    const next = touches.next();
    bus.publish(subject(name));
    assert.equal((await next).value?.id, name);
  }
  assert.equal(calls, 2);
  other.publish(subject('foreign'));
  await heard.promise;
  assert.equal(calls, 3);
  await touches.return?.();
});

test('events of a transaction that is rolled back are never told', async (t) => {
  const { bus, database } = openBus(t, makeFolder(t));
  const events = bus.follow();
  assert.throws(() =>
    database.transaction(() => {
      bus.publish(subject('lost'));
      throw new Error('no');
    }),
  );
  const first = take(events, 1);
  setImmediate(() => bus.publish(subject('kept')));
  assert.deepEqual(await first, ['kept']);
});

test('a follower gets what was published between its call and its first read, in order', async (t) => {
  const { bus } = openBus(t, makeFolder(t));
  bus.publish(subject('before'));
  const events = bus.follow();
  for (let i = 0; i < 300; i++) bus.publish(subject(`c${i}`));
  assert.deepEqual(
    await take(events, 300),
    Array.from({ length: 300 }, (_, i) => `c${i}`),
  );
});

test('since and until are inclusive, and until in the past ends the answer', async (t) => {
  let nowMs = 1_000;
  const { bus } = openBus(t, makeFolder(t), { nowMs: () => nowMs });
  for (const name of ['a', 'b', 'c', 'd']) {
    bus.publish(subject(name));
    nowMs += 1_000;
  }
  assert.deepEqual(await take(bus.follow({ sinceMs: 2_000, untilMs: 3_000 }), 9), ['b', 'c']);
});

test('what is told late stands at its own time', async (t) => {
  let nowMs = 1_000;
  const { bus } = openBus(t, makeFolder(t), { nowMs: () => nowMs });
  bus.publish(subject('first'));
  nowMs = 9_000;
  bus.publish(subject('now'));
  bus.publish(subject('late'), 2_000);
  bus.publish(subject('too late'), 3_000);
  assert.deepEqual(await take(bus.follow({ sinceMs: 1_000, untilMs: 2_000 }), 9), ['first', 'late']);
  assert.deepEqual(await take(bus.follow({ sinceMs: 3_000, untilMs: 8_000 }), 9), ['too late']);
});

test('until in the future ends the answer when its time has come', async (t) => {
  const { bus } = openBus(t, makeFolder(t));
  const untilMs = Date.now() + 50;
  assert.deepEqual(await take(bus.follow({ untilMs }), 1), []);
  assert.ok(Date.now() >= untilMs);
});

test('a timer that rings too early for the clock does not keep the answer from ending', {
  timeout: 10_000,
}, async (t) => {
  let looks = 0;
  const { bus } = openBus(t, makeFolder(t), { nowMs: () => (++looks < 9 ? 1_000 : 1_001) });
  assert.deepEqual(await take(bus.follow({ untilMs: 1_000 }), 1), []);
  assert.ok(looks >= 9);
});

test('a follower ends by its signal and by the end of the bus', async (t) => {
  const { bus } = openBus(t, makeFolder(t));
  const controller = new AbortController();
  const first = take(bus.follow({ signal: controller.signal }), 1);
  const second = take(bus.follow(), 1);
  controller.abort();
  assert.deepEqual(await first, []);
  bus.publish(subject('x'));
  assert.deepEqual(await second, ['x']);
});

test('the journal keeps a bounded number of events', (t) => {
  const { bus, database } = openBus(t, makeFolder(t));
  database.transaction(() => {
    for (let i = 0; i < 2_500; i++) bus.publish(subject(`c${i}`));
  });
  const count = Number(database.get('SELECT count(*) AS n FROM events')?.['n']);
  assert.ok(count >= 2_048 && count < 2_048 + 64, `${count}`);
});
