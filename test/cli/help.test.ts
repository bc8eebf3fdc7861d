import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/command-table.js';
import { FakeEngine } from '../support/fake-engine.js';
import { assertGolden } from '../support/golden.js';
import { runCommand } from '../support/run-command.js';

function run(...words: readonly string[]) {
  return runCommand(new FakeEngine(), words);
}

test('the help lists the groups, the commands and the global flags', async () => {
  assertGolden('cli/help.txt', (await run('--help')).stdout);
  assertGolden('cli/help-container.txt', (await run('container')).stdout);
  assertGolden('cli/help-update.txt', (await run('update', '--help')).stdout);
  assert.equal((await run('help', 'update')).stdout, (await run('update', '--help')).stdout);
});

for (const { names, load } of COMMANDS) {
  test(`${names[0]} has a help and a file of its own`, async () => {
    const { code, stdout } = await run(...(names[0] ?? '').split(' '), '--help');
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage:  gantry ${names[0]}`));
    assert.equal(typeof (await load()), 'function');
  });
}

test('no command has one flag twice', () => {
  for (const { names, flags } of COMMANDS) {
    const letters = flags.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])]);
    assert.equal(new Set(letters).size, letters.length, names[0]);
  }
});

/** Lines with a mistake, the first line of the answer, and the exit code: as the docker client 28.2 gives them. */
const MISTAKES: readonly (readonly [string, string, number])[] = [
  ['run --foo busybox', 'unknown flag: --foo', 125],
  ['run', "gantry: 'gantry run' requires at least 1 argument", 1],
  ['ps x', "gantry: 'gantry ps' accepts no arguments", 1],
  ['nosuch', 'gantry: unknown command: gantry nosuch', 1],
  ['container nosuch', 'gantry: unknown command: gantry container nosuch', 1],
  ['rename a', "gantry: 'gantry rename' requires 2 arguments", 1],
  ['commit', "gantry: 'gantry commit' requires at least 1 and at most 2 arguments", 1],
  ['volume create a b', "gantry: 'gantry volume create' requires at most 1 argument", 1],
  ['run --name', 'flag needs an argument: --name', 125],
  ['kill -s', "flag needs an argument: 's' in -s", 125],
  ['-X', "unknown shorthand flag: 'X' in -X", 125],
  ['container prune -x', "unknown shorthand flag: 'x' in -x", 125],
  [
    'run --rm=maybe bb',
    'invalid argument "maybe" for "--rm" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    125,
  ],
  ['ps -n x', 'invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax', 125],
  ['help nosuch', 'unknown help topic: nosuch', 1],
  ['update a', 'you must provide one or more flags when using this command', 1],
  ['events --since x', 'failed to parse value as time or duration: "x"', 1],
  ['cp a b', 'must specify at least one container source', 1],
  ['cp a:b c:d', 'copying between containers is not supported', 1],
];

for (const [line, message, code] of MISTAKES) {
  test(`gantry ${line} answers: ${message}`, async () => {
    const result = await run(...line.split(' '));
    assert.equal(result.stderr.split('\n')[0], message);
    assert.equal(result.code, code);
    assert.equal(result.stdout, '');
  });
}

test('flags are combined, repeated, given with = and switched off', async () => {
  const engine = new FakeEngine();
  await runCommand(engine, [
    'create',
    '-it',
    '--name=x',
    '-eA=1',
    '-e',
    'B=2',
    '--rm=false',
    '--memory-swap',
    '-1',
    '-m64m',
    'busybox',
  ]);
  const { config } = await engine.containers.inspect('x');
  assert.deepEqual(config, {
    image: 'busybox',
    name: 'x',
    env: { A: '1', B: '2' },
    tty: true,
    openStdin: true,
    stdinOnce: true,
    limits: { memoryBytes: 67_108_864, memorySwapBytes: 'unlimited' },
  });
});

test('-h names the host of a container, and is the help elsewhere', async () => {
  const engine = new FakeEngine();
  await runCommand(engine, ['create', '-h', 'box', '--name', 'x', 'busybox']);
  assert.equal((await engine.containers.inspect('x')).config.hostname, 'box');
  assert.match((await runCommand(engine, ['ps', '-h'])).stdout, /^Usage:/);
});

test('without a command the screen is shown, if there is a terminal', async () => {
  const shown = await runCommand(new FakeEngine(), [], { terminal: { columns: 80, rows: 24 } });
  assert.deepEqual(shown, { code: 0, stdout: 'the screen', stderr: '' });
  const refused = await run();
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^gantry: the screen needs a terminal\n/);
});

test('the engine is closed after each command, also after a failing one', async () => {
  const engine = new FakeEngine();
  await runCommand(engine, ['stop', 'nothere']);
  assert.equal(engine.closed, true);
});
