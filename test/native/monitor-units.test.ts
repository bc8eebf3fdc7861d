import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requires } from '../support/requires.js';

const NATIVE = 'src/engine/isolation/native';
const PARTS = ['detach-keys', 'frames', 'health', 'journal', 'json', 'log', 'moment', 'restart', 'error'];

test("the monitor's pure parts hold under the sanitizers", requires('command:gcc'), (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-units-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'units');
  const flags = ['-std=gnu17', '-g', '-O1', '-Wall', '-Wextra', '-Werror', '-fsanitize=address,undefined'];
  const sources = ['test/native/monitor-units.c', ...PARTS.map((part) => `${NATIVE}/${part}.c`)];
  const build = spawnSync('gcc', [...flags, '-fno-sanitize-recover=all', `-I${NATIVE}`, '-o', program, ...sources]);
  assert.equal(build.status, 0, build.stderr.toString());
  const run = spawnSync(program, [folder]);
  assert.equal(run.status, 0, run.stderr.toString());
  assert.ok(Number.parseInt(run.stdout.toString(), 10) > 100_000, run.stdout.toString());
});
