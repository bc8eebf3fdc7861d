import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { GANTRY_ARGS } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { startInTerminal } from '../support/terminal.js';

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
/** With react, ink and the layout engine. */
const SCREEN_BYTES_MAX = 1_400_000;

interface Loaded {
  readonly builtins: readonly string[];
  readonly files: readonly string[];
}

/** A state root of its own, and a program loaded before ours that writes down what was loaded. */
function openWitness(t: TestContext): {
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  read(): Loaded;
} {
  const folder = makeTemporaryFolder(t);
  const witness = join(folder, 'witness.cjs');
  writeFileSync(witness, WITNESS);
  const env = {
    WITNESS: join(folder, 'loaded.json'),
    GANTRY_ROOT: join(folder, 'root'),
    GANTRY_RUN_ROOT: join(folder, 'run'),
    XDG_CONFIG_HOME: join(folder, 'config'),
  };
  return {
    env,
    args: ['-r', witness, ...GANTRY_ARGS],
    read: () => {
      const { builtins, files }: Loaded = JSON.parse(readFileSync(env.WITNESS, 'utf8'));
      return { builtins, files: files.filter((file) => file !== witness) };
    },
  };
}

const sumBytes = (files: readonly string[]) => files.reduce((sum, file) => sum + statSync(file).size, 0);
const nameAll = (files: readonly string[]) => files.map((file) => basename(file)).join(', ');

const LOOKS = [
  // Neither an engine nor the streams of Node, where there is nothing to settle.
  { words: ['ps'], heavy: [...HEAVY, 'stream'], named: ['gantry.cjs', 'program.cjs'], bytesMax: 200_000 },
  { words: ['images'], heavy: HEAVY, named: ['engine.cjs', 'gantry.cjs', 'program.cjs'], bytesMax: 650_000 },
];

for (const { words, heavy, named, bytesMax } of LOOKS) {
  test(`${words.join(' ')} loads little: no network, no schemas, no screen`, requires('root', 'overlay'), (t) => {
    const { env, args, read } = openWitness(t);
    // The first one makes the state root.
    for (const program of [GANTRY_ARGS, args]) {
      execFileSync(process.execPath, [...program, ...words], { env: { ...process.env, ...env }, stdio: 'ignore' });
    }
    const { builtins, files } = read();
    assert.ok(builtins.includes('NativeModule fs'));
    assert.deepEqual(
      heavy.filter((name) => builtins.includes(`NativeModule ${name}`)),
      [],
    );
    // Each file costs as much as 20 kB of code.
    assert.deepEqual(files.map((file) => basename(file)).sort(), named);
    const bytes = sumBytes(files);
    assert.ok(bytes < bytesMax, `${bytes} bytes of ${nameAll(files)}`);
  });
}

test(
  'the screen loads what it shows first: no network client, no schemas, no terminal emulator',
  requires('root', 'overlay'),
  async (t) => {
    const { env, args, read } = openWitness(t);
    // The first command makes the state root.
    execFileSync(process.execPath, [...GANTRY_ARGS, 'ps'], { env: { ...process.env, ...env }, stdio: 'ignore' });
    const terminal = startInTerminal(process.execPath, args, { env });
    t.after(() => terminal.kill());
    await terminal.waitFor('No containers yet', 30_000);
    terminal.type('q');
    assert.equal((await terminal.exited).exitCode, 0);
    const { builtins, files } = read();
    // A terminal is a socket to Node.
    const heavy = HEAVY.filter((name) => name !== 'net' && builtins.includes(`NativeModule ${name}`));
    assert.deepEqual(heavy, []);
    assert.deepEqual(
      files.filter((file) => /undici|xterm|execa|open-remote|open-registry/.test(basename(file))),
      [],
    );
    const bytes = sumBytes(files);
    assert.ok(bytes < SCREEN_BYTES_MAX, `${bytes} bytes of ${nameAll(files)}`);
  },
);
