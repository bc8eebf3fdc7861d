import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { LogEntry, LogOptions } from '../../../src/engine/engine.js';
import type { ContainerId } from '../../../src/model/ids.js';
import { searchLog } from '../../../src/store/log-search.js';
import { createLogsStore } from '../../../src/store/logs-store.js';
import { FakeEngine } from '../../support/fake-engine.js';
import { waitUntil } from '../../support/wait-until.js';

const KEPT_LINES = 100_000;
const NOW_MS = 1_800_000_000_000;

function entryAt(atMs: number, text: string): LogEntry {
  return { atMs, time: new Date(atMs).toISOString(), stream: 'stdout', text: `${text}\n` };
}

/** A store over logs that are what `read` gives. */
function openStore(t: TestContext, read: (id: string, options: LogOptions) => Iterable<LogEntry>) {
  const engine = new FakeEngine();
  engine.containers.logs = async function* (id: string, options: LogOptions = {}) {
    await Promise.resolve();
    yield* read(id, options);
  };
  const stop = new AbortController();
  t.after(() => stop.abort());
  const store = createLogsStore(engine, { signal: stop.signal, now: () => NOW_MS });
  const open = async (...names: readonly string[]) => {
    store.open(names.map((name) => ({ id: name as ContainerId, name })));
    await waitUntil('the end', () => store.getState().status !== 'following');
    return store.getState();
  };
  return { store, open };
}

function* flood(count: number): Generator<LogEntry> {
  for (let i = 0; i < count; i++) yield entryAt(NOW_MS + i, `request ${i}`);
}

test('of a flood so many lines are kept, the others are counted, and a filter keeps no more', async (t) => {
  const { store, open } = openStore(t, () => flood(10));
  store.setFilter({ keep: 'request' });
  await open('box');
  const { ring, selection } = store.getState();
  for (const line of flood(150_000)) {
    ring.add(line);
    // As it is painted meanwhile.
    if (ring.end % 1000 === 0) selection.refresh();
  }
  assert.equal(ring.end, 150_010);
  assert.equal(ring.end - ring.first, KEPT_LINES);
  assert.equal(ring.line(ring.first - 1), undefined);
  assert.equal(ring.line(ring.first)?.text, 'request 50000\n');
  selection.refresh();
  assert.equal(selection.count, KEPT_LINES);
  assert.equal(selection.number(0), ring.first);
});

test('a search finds a line among all that are kept, whatever its styles, by its end too, and says where there is none', async (t) => {
  const { store, open } = openStore(t, () => [entryAt(NOW_MS, 'request 0')]);
  await open('box');
  const log = store.getState();
  for (const line of flood(1000)) log.ring.add(line);
  log.ring.add(entryAt(NOW_MS, 'a ne\x1b[31med\x1b[0mle\r'));
  assert.equal(searchLog(log, 'needle$', -1, 1), 1001);
  assert.equal(searchLog(log, 'request 0$', 1001, -1), 1);
  assert.equal(searchLog(log, 'request 0$', 1, -1), 0);
  assert.equal(searchLog(log, 'nowhere', -1, 1), undefined);
});

test('several logs are merged by time, and one that cannot be read is named', async (t) => {
  const logs: Readonly<Record<string, readonly LogEntry[]>> = {
    one: [entryAt(NOW_MS - 30, 'a'), entryAt(NOW_MS - 10, 'c'), entryAt(NOW_MS + 20, 'f')],
    two: [entryAt(NOW_MS - 20, 'b'), entryAt(NOW_MS, 'd'), entryAt(NOW_MS + 10, 'e')],
  };
  const { open } = openStore(t, (id, { untilMs = Number.POSITIVE_INFINITY, sinceMs = 0 }) => {
    const own = logs[id];
    if (own === undefined) throw new Error('its driver keeps none');
    return own.filter(({ atMs }) => atMs <= untilMs && atMs >= sinceMs);
  });
  const { ring, message, status } = await open('one', 'two', 'three');
  const lines = Array.from({ length: ring.end }, (_, i) => ring.line(i));
  assert.equal(lines.map((line) => line?.text.trim()).join(''), 'abcdef');
  assert.deepEqual(
    lines.map((line) => line?.from),
    [0, 1, 0, 1, 1, 0],
  );
  assert.deepEqual([status, message], ['ended', 'three: its driver keeps none']);
});

test('of many logs each has its share of what is kept', async (t) => {
  const asked: (number | undefined)[] = [];
  const { open } = openStore(t, (_, { tailLines, follow }) => {
    if (follow !== true) asked.push(tailLines);
    return [];
  });
  await open(...Array.from({ length: 20 }, (_, i) => `box-${i}`));
  assert.deepEqual(new Set(asked), new Set([KEPT_LINES / 20]));
});
