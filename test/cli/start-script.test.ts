import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';

const CLONE = process.cwd();

function versionBy(command: string, args: readonly string[], cwd: string, path: readonly string[] = []): string {
  const env = { ...process.env, PATH: [...path, process.env['PATH']].join(delimiter) };
  return spawnSync(command, [...args, '--version'], { cwd, env, encoding: 'utf8' })
    .stdout.split(' ', 2)
    .join(' ');
}

test('the command finds its clone by a path, by PATH, by a link, and as an argument of sh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-start-'));
  try {
    symlinkSync(join(CLONE, 'gantry'), join(folder, 'linked'));
    assert.equal(versionBy('./gantry', [], CLONE), 'Gantry version');
    assert.equal(versionBy(join(CLONE, 'gantry'), [], folder), 'Gantry version');
    assert.equal(versionBy('gantry', [], folder, [CLONE]), 'Gantry version');
    assert.equal(versionBy('./linked', [], folder), 'Gantry version');
    assert.equal(versionBy('linked', [], CLONE, [folder]), 'Gantry version');
    assert.equal(versionBy('sh', ['gantry'], CLONE), 'Gantry version');
    symlinkSync(join(CLONE, 'gantry-runtime'), join(folder, 'runtime'));
    assert.equal(versionBy('./gantry-runtime', [], CLONE), 'gantry-runtime version');
    assert.equal(versionBy('runtime', [], CLONE, [folder]), 'gantry-runtime version');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
