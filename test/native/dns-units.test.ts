import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requires } from '../support/requires.js';

const NATIVE = 'src/engine/isolation/native';

test('no message and no file of names leads the resolver astray', requires('command:gcc'), (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-dns-units-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'units');
  const flags = ['-std=gnu17', '-g', '-O1', '-Wall', '-Wextra', '-Werror', '-fsanitize=address,undefined'];
  const sources = ['test/native/dns-units.c', ...['dns-message', 'names'].map((part) => `${NATIVE}/${part}.c`)];
  const build = spawnSync('gcc', [...flags, '-fno-sanitize-recover=all', `-I${NATIVE}`, '-o', program, ...sources]);
  assert.equal(build.status, 0, build.stderr.toString());
  const run = spawnSync(program, [folder]);
  assert.equal(run.status, 0, run.stderr.toString());
  assert.ok(Number.parseInt(run.stdout.toString(), 10) > 200_000, run.stdout.toString());
});
