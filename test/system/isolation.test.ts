import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runContainer } from '../support/isolated-container.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

test('a default container runs and says what it wrote and how it ended', needs, async (t) => {
  const { stdout, stderr, exit } = await runContainer(t, ['sh', '-c', 'echo out; echo err >&2; exit 3']);
  assert.deepEqual([stdout, stderr], ['out\n', 'err\n']);
  assert.deepEqual(exit, { exitCode: 3, signal: 0, oomKilled: false });
});
