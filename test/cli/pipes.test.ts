import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { errnoOf } from '../../src/platform/kernel-file.js';
import { BUNDLE, type Gantry, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('root', 'overlay', 'command:busybox', 'command:bash');
/** Far more than a pipe holds, and no more than that: what it prints goes to the log. */
const MUCH = ['sh', '-c', 'yes | head -c 4000000'];

let gantry: Gantry;

before(async () => {
  if (needs.skip !== undefined) return;
  gantry = openGantry();
  await gantry.run(['run', '--name', 'loud', 'busybox', ...MUCH]);
  await gantry.run(['run', '-d', '--name', 'lives', 'busybox', 'sleep', '1000']);
});

after(() => gantry?.close());

/** Exit code and error output of a command in a line of bash, where it stands as "$@". */
function inBash(line: string, words: readonly string[]): readonly string[] {
  const env = {
    ...process.env,
    GANTRY_ROOT: join(gantry.folder, 'root'),
    GANTRY_RUN_ROOT: join(gantry.folder, 'run'),
  };
  const args = ['-c', `(${line}) 2>&1`, 'bash', process.execPath, BUNDLE, ...words];
  return execFileSync('bash', args, { env, encoding: 'utf8', timeout: 60_000 }).trimEnd().split('\n');
}

/** Commands that write more than a pipe holds, or do not end by themselves. */
const ENDLESS: readonly (readonly string[])[] = [
  ['export', 'loud'],
  ['save', 'busybox'],
  ['cp', 'loud:/bin', '-'],
  ['logs', 'loud'],
  ['logs', '-f', 'loud'],
  ['start', '-a', 'loud'],
  ['exec', 'lives', ...MUCH],
  ['run', '--rm', 'busybox', ...MUCH],
  ['stats', '--format', 'json'],
];

for (const words of ENDLESS) {
  test(`gantry ${words.slice(0, 3).join(' ')} ends quietly when nobody reads on`, needs, () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: for bash.
    const lines = inBash('"$@" | head -c 1 > /dev/null; echo ${PIPESTATUS[0]}', words);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0] ?? '', /^(0|141)$/);
  });
}

const SHORT = [
  ['ps', '-a'],
  ['images'],
  ['inspect', 'loud'],
  ['--help'],
  ['info'],
  ['events', '--since', '1h', '--until', '0s'],
];

for (const words of SHORT) {
  test(`gantry ${words.join(' ')} ends quietly when nobody reads at all`, needs, () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: for bash.
    const lines = inBash('"$@" | true; echo ${PIPESTATUS[0]}', words);
    assert.match(lines.join('\n'), /^(0|141)$/);
  });
}

test('what cannot be written for another reason is said, and fails', needs, () => {
  for (const words of [
    ['ps', '-a'],
    ['export', 'loud'],
  ]) {
    const lines = inBash('"$@" > /dev/full; echo $?', words);
    assert.deepEqual(lines, ['gantry: ENOSPC: no space left on device, write', '1'], words.join(' '));
  }
});

test('a pipe that takes no more at once gets all of it', needs, async (t) => {
  const path = join(makeTemporaryFolder(t), 'pipe');
  execFileSync('mkfifo', [path]);
  const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const end = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const env = {
    ...process.env,
    GANTRY_ROOT: join(gantry.folder, 'root'),
    GANTRY_RUN_ROOT: join(gantry.folder, 'run'),
  };
  const names = Array.from({ length: 100 }, () => 'loud');
  const command = spawn(process.execPath, [BUNDLE, 'inspect', ...names], { env, stdio: ['ignore', end, 'inherit'] });
  closeSync(end);
  let code: number | null | undefined;
  command.on('exit', (given) => {
    code = given;
  });
  let text = '';
  for (let isOver = false; !isOver; ) {
    isOver = code !== undefined;
    text += readWhatIsThere(pipe);
    await setImmediate();
  }
  closeSync(pipe);
  assert.equal(code, 0);
  assert.ok(text.length > 2 * PIPE_BYTES, `${text.length} bytes`);
  assert.deepEqual(
    JSON.parse(text).map(({ Name }: { readonly Name: string }) => Name),
    names.map((name) => `/${name}`),
  );
});

/** What a pipe holds. pipe(7) */
const PIPE_BYTES = 65_536;

function readWhatIsThere(pipe: number): string {
  const bytes = Buffer.alloc(PIPE_BYTES);
  try {
    return bytes.toString('latin1', 0, readSync(pipe, bytes));
  } catch (error) {
    if (errnoOf(error) !== 'EAGAIN') throw error;
    return '';
  }
}
