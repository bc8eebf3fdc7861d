import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const FOLDERS = 100;

/** Both come to each folder at the same moment. */
const REMOVE_ALL = `
const { workerData: { module, folder, turns, count } } = require('node:worker_threads');
import(module).then(({ removeFolder }) => {
  const waiting = new Int32Array(turns);
  for (let i = 0; i < count; i++) {
    Atomics.add(waiting, i, 1);
    while (Atomics.load(waiting, i) < 2);
    removeFolder(folder + '/' + i);
  }
});
`;

test('two that remove the same folder at once both succeed, and nothing is left', async (t) => {
  const folder = makeTemporaryFolder(t);
  for (let i = 0; i < FOLDERS; i++) {
    mkdirSync(join(folder, String(i), 'nested'), { recursive: true });
    writeFileSync(join(folder, String(i), 'nested/file'), 'x');
  }
  const module = new URL('../../src/platform/remove-folder.js', import.meta.url).href;
  const workerData = { module, folder, turns: new SharedArrayBuffer(4 * FOLDERS), count: FOLDERS };
  const workers = [0, 1].map(() => new Worker(REMOVE_ALL, { eval: true, workerData }));
  t.after(() => Promise.all(workers.map((worker) => worker.terminate())));
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  assert.deepEqual(readdirSync(folder), []);
});
