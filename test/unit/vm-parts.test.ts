import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const FILES = {
  good: `test('one', () => {}); test('two', () => {}); test('three', { skip: 'no moon' }, () => {});`,
  bad: `test('wrong', () => { throw new Error('so'); });`,
  endless: `test('waits', () => new Promise((resolve) => setTimeout(resolve, 60_000)));`,
};

/** What the virtual machine runs, here on the host. */
async function runParts(folder: string, ...words: readonly string[]) {
  for (const [name, text] of Object.entries(FILES)) {
    writeFileSync(join(folder, `${name}.test.js`), `const { test } = require('node:test');\n${text}\n`);
  }
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, ['scripts/vm/run-parts.mjs', '--folder', folder, ...words], { env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, output, last: output.trimEnd().split('\n').at(-1) ?? '' };
}

function writeList(folder: string, ...lines: readonly string[]): string {
  const path = join(folder, 'list');
  writeFileSync(path, ['# seconds, file, titles', ...lines, ''].join('\n'));
  return path;
}

test('parts are run whole or by their titles, and counted', async (t) => {
  const folder = makeTemporaryFolder(t);
  const list = writeList(folder, '5 good !^two', '5 good ^two');
  const { code, output, last } = await runParts(folder, '--list', list);
  assert.equal(code, 0, output);
  assert.match(last, /: 2 of 2 parts in \d+ s, 2 tests passed, 0 failed, 1 skipped$/);
  assert.match(output, /^ {2}1 no moon$/m);
  assert.match(output, /^== good \^two: \d+ s$/m);
});

test('a test that fails makes the whole fail, and the other parts are run', async (t) => {
  const { code, last, output } = await runParts(makeTemporaryFolder(t), 'bad', 'good');
  assert.equal(code, 1, output);
  assert.match(last, /: 2 of 2 parts in \d+ s, 2 tests passed, 1 failed, 1 skipped$/);
});

test('titles that no test has fail, and the list names files that there are', async (t) => {
  const { code, output } = await runParts(makeTemporaryFolder(t), '-t', '^four', 'good');
  assert.equal(code, 1, output);
  assert.match(output, /^✖ good \^four: no such test$/m);
  const parts = readFileSync('scripts/vm/tests.txt', 'utf8').split('\n').slice(1, -1);
  for (const part of parts) {
    const [, file, titles = ''] = /^\d+ (\S+)(?: !?(.+))?$/.exec(part) ?? [];
    assert.ok(existsSync(`test/${file}.test.ts`), part);
    assert.ok(new RegExp(titles));
  }
});

test('what does not fit into the time is left out, what has not ended is given up, and neither is a failure', async (t) => {
  const folder = makeTemporaryFolder(t);
  const list = writeList(folder, '1 endless', '600 good', '0 good ^one');
  const until = String(Date.now() / 1000 + 3);
  const { code, output, last } = await runParts(folder, '--until', until, '--list', list);
  assert.equal(code, 0, output);
  assert.match(
    last,
    /: 1 of 3 parts in \d+ s, 1 tests passed, 0 failed, 0 skipped; no time for: good \(600 s\); given up for want of time: endless$/,
  );
});
