import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requires } from '../support/requires.js';

/** What a command of the bundle prints and ends with, run as user 65534, who may do nothing. */
function runAsNobody(...args: readonly string[]) {
  const root = mkdtempSync(join(tmpdir(), 'gantry-nobody-'));
  try {
    const bundle = join(process.cwd(), 'dist/bundle/gantry.cjs');
    // Read by root, since no other user may see the folder of a checkout.
    const script = `process.setgid(65534); process.setuid(65534); process.argv.splice(1, 1, ${JSON.stringify(bundle)})`;
    const node = ['--import', `data:text/javascript,${encodeURIComponent(script)}`, bundle];
    const env = { ...process.env, GANTRY_ROOT: join(root, 'root'), GANTRY_RUN_ROOT: join(root, 'run') };
    const stdout = execFileSync(process.execPath, [...node, ...args], { env, encoding: 'utf8', stdio: 'pipe' });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    const { status, stdout, stderr } = error as { status: number; stdout: string; stderr: string };
    return { code: status, stdout, stderr };
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('without root a command ends with one line that says so', requires('root'), () => {
  const { code, stderr } = runAsNobody('ps');
  assert.equal(code, 1);
  assert.equal(stderr, "gantry: gantry must run as root, not as uid 65534: use sudo, or see 'gantry doctor'\n");
});

test('doctor works without root and says that root is missing', requires('root'), () => {
  const { code, stdout, stderr } = runAsNobody('doctor');
  assert.equal(code, 1);
  assert.match(stdout, /^root +no +runs as uid 65534/m);
  assert.match(stderr, /gantry: root is missing and required/);
});
