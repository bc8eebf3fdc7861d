import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { GANTRY_ARGS } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

/** Loaded before the program: writes down what that has loaded when it ends. */
const WITNESS = `
const { writeFileSync } = require('node:fs');
process.on('exit', () => {
  writeFileSync(process.env.WITNESS, JSON.stringify({
    builtins: process.moduleLoadList,
    files: Object.keys(require('node:module')._cache),
  }));
});`;

/** Parts of Node that take up to 10 ms each. Crypto is not among them: a root that is not the usual one is hashed for its cgroup's name. */
const HEAVY = ['child_process', 'http', 'https', 'net', 'tls', 'zlib', 'worker_threads'];
const BYTES_MAX = 600_000;

test(
  'a command that looks at containers loads little: no network, no schemas, no screen',
  requires('root', 'overlay'),
  (t) => {
    const folder = makeTemporaryFolder(t);
    const witness = join(folder, 'witness.cjs');
    writeFileSync(witness, WITNESS);
    const env = {
      ...process.env,
      WITNESS: join(folder, 'loaded.json'),
      GANTRY_ROOT: join(folder, 'root'),
      GANTRY_RUN_ROOT: join(folder, 'run'),
    };
    // The first one makes the state root.
    for (const words of [GANTRY_ARGS, ['-r', witness, ...GANTRY_ARGS]]) {
      execFileSync(process.execPath, [...words, 'ps'], { env, stdio: 'ignore' });
    }
    const loaded: { readonly builtins: readonly string[]; readonly files: readonly string[] } = JSON.parse(
      readFileSync(env.WITNESS, 'utf8'),
    );
    const builtins = HEAVY.filter((name) => loaded.builtins.includes(`NativeModule ${name}`));
    assert.ok(loaded.builtins.includes('NativeModule fs'));
    assert.deepEqual(builtins, []);
    const files = loaded.files.filter((file) => file !== witness);
    // Each file costs as much as 20 kB of code.
    assert.deepEqual(files.map((file) => basename(file)).sort(), ['gantry.cjs', 'program.cjs']);
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    assert.ok(bytes < BYTES_MAX, `${bytes} bytes of ${files.map((file) => basename(file)).join(', ')}`);
  },
);
