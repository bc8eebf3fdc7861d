import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const DEADLINE = pathToFileURL(resolve(import.meta.dirname, '../../../scripts/test-deadline.mjs')).href;

test('a test file that does not end fails at its deadline and says what it waits for', (t) => {
  const file = join(makeTemporaryFolder(t), 'endless.test.mjs');
  writeFileSync(
    file,
    "import { test } from 'node:test';\ntest('leaves a timer', () => void setInterval(() => {}, 60_000));\n",
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const run = spawnSync(process.execPath, ['--import', DEADLINE, '--test', file], {
    env: { ...env, TEST_DEADLINE_MS: '500' },
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.equal(run.status, 1, run.stdout + run.stderr);
  assert.match(run.stdout, /endless\.test\.mjs has not ended within 0\.5 s; still there: .*Timeout/);
});
