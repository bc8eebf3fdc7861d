import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type LogSource, readLog } from '../../src/engine/containers/read-log.js';
import type { LogEntry, LogOptions } from '../../src/engine/engine.js';

function makeLog(t: TestContext): { path: string; source: LogSource; finish: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'x-json.log');
  let isWritten = true;
  const listeners = new Set<() => void>();
  return {
    path,
    source: {
      path,
      isWritten: () => isWritten,
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    finish: () => {
      isWritten = false;
      for (const listener of listeners) listener();
    },
  };
}

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Line `i`, written `i` seconds after the start. */
function line(i: number, stream = 'stdout', text = `line ${i}\n`): string {
  const time = new Date(START_MS + i * 1_000).toISOString().replace('Z', '500001Z');
  return `${JSON.stringify({ log: text, stream, time })}\n`;
}

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => line(from + i)).join('');

async function read(source: LogSource, options: LogOptions = {}): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { text } of readLog(source, options)) numbers.push(Number(text.split(' ')[1]));
  return numbers;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

test('a log that was never written is empty', async (t) => {
  assert.deepEqual(await read(makeLog(t).source, { tailLines: 3 }), []);
});

test('reads rotated files oldest first, without a line that is not whole', async (t) => {
  const { path, source } = makeLog(t);
  writeFileSync(`${path}.2`, lines(0, 1_500));
  writeFileSync(`${path}.1`, lines(1_500, 3_000));
  writeFileSync(path, `${lines(3_000, 3_010)}{"log":"li`);
  assert.deepEqual(await read(source), range(0, 3_010));
});

for (const [tailLines, from] of [
  [0, 3_010],
  [1, 3_009],
  [10, 3_000],
  [11, 2_999],
  [2_000, 1_010],
  [3_010, 0],
  [9_999, 0],
] as const) {
  test(`the last ${tailLines} lines begin in the right file`, async (t) => {
    const { path, source } = makeLog(t);
    writeFileSync(`${path}.2`, lines(0, 1_500));
    writeFileSync(`${path}.1`, lines(1_500, 3_000));
    writeFileSync(path, lines(3_000, 3_010));
    assert.deepEqual(await read(source, { tailLines }), range(from, 3_010));
  });
}

test('since and until are inclusive, finer than a millisecond', async (t) => {
  const { path, source } = makeLog(t);
  writeFileSync(path, lines(0, 10));
  assert.deepEqual(await read(source, { sinceMs: START_MS + 3_000.5, untilMs: START_MS + 6_000.501 }), [3, 4, 5, 6]);
  assert.deepEqual(await read(source, { sinceMs: START_MS + 3_000.502, untilMs: START_MS + 6_000 }), [4, 5]);
});

test('gives the streams that are asked for, and the time as it was written', async (t) => {
  const { path, source } = makeLog(t);
  writeFileSync(path, line(0) + line(1, 'stderr') + line(2));
  assert.deepEqual(await read(source, { streams: ['stderr'] }), [1]);
  const entries: LogEntry[] = [];
  for await (const entry of readLog(source, { streams: ['stderr'] })) entries.push(entry);
  assert.equal(entries[0]?.time, '2026-01-02T03:04:06.000500001Z');
  assert.equal(entries[0]?.stream, 'stderr');
});

test('follow gives every line once over rotations, and ends after the last one', async (t) => {
  const { path, source, finish } = makeLog(t);
  writeFileSync(path, lines(0, 5));
  const reading = read(source, { follow: true, tailLines: 2 });
  let next = 5;
  for (let round = 0; round < 30; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    appendFileSync(path, lines(next, next + 50));
    next += 50;
    if (round % 3 === 0) {
      renameSync(path, `${path}.1`);
      writeFileSync(path, lines(next, next + 1));
      next += 1;
    }
  }
  finish();
  assert.deepEqual(await reading, range(3, next));
});

test('follow waits for a log that is not there yet and sees a line that comes in two writes', async (t) => {
  const { path, source, finish } = makeLog(t);
  const reading = read(source, { follow: true });
  await new Promise((resolve) => setImmediate(resolve));
  writeFileSync(path, line(0).slice(0, 20));
  await new Promise((resolve) => setImmediate(resolve));
  appendFileSync(path, line(0).slice(20));
  finish();
  assert.deepEqual(await reading, [0]);
});

test('follow ends by its signal', async (t) => {
  const { path, source } = makeLog(t);
  writeFileSync(path, lines(0, 2));
  const controller = new AbortController();
  const numbers: number[] = [];
  for await (const { text } of readLog(source, { follow: true, signal: controller.signal })) {
    numbers.push(Number(text.split(' ')[1]));
    if (numbers.length === 2) setImmediate(() => controller.abort());
  }
  assert.deepEqual(numbers, [0, 1]);
});
