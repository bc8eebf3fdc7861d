import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { runCommand, startCommand } from '../support/run-command.js';
import { waitUntil } from '../support/wait-until.js';

test('run prints both streams and ends with the exit code of the program', async () => {
  const engine = new FakeEngine();
  const result = await runCommand(engine, ['run', 'busybox', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
  assert.deepEqual(result, { code: 7, stdout: 'out\n', stderr: 'err\n' });
});

test('flags after the image belong to the program', async () => {
  const engine = new FakeEngine();
  const result = await runCommand(engine, ['run', '--rm', 'busybox', 'echo', '--rm', '-d', '--', 'x']);
  assert.deepEqual(result, { code: 0, stdout: '--rm -d -- x\n', stderr: '' });
  assert.equal((await engine.containers.list({ all: true })).length, 0);
});

test('run -d prints the id and leaves the container running', async () => {
  const engine = new FakeEngine();
  const result = await runCommand(engine, ['run', '-d', '--name', 'web', 'busybox', 'sleep', '100']);
  const container = await engine.containers.inspect('web');
  assert.deepEqual(result, { code: 0, stdout: `${container.id}\n`, stderr: '' });
  assert.equal(container.state.status, 'running');
});

test('what is piped in reaches the program, and the end of it too', async () => {
  const result = await runCommand(new FakeEngine(), ['run', '-i', 'busybox', 'cat'], { stdin: 'one\ntwo\n' });
  assert.deepEqual(result, { code: 0, stdout: 'one\ntwo\n', stderr: '' });
});

test('a program that is not there gives 127, and what the engine refuses 125', async () => {
  const missing = await runCommand(new FakeEngine(), ['run', 'busybox', 'nosuchprogram']);
  assert.equal(missing.code, 127);
  assert.match(missing.stderr, /^gantry: exec: "nosuchprogram": executable file not found in \$PATH\n/);
  const left = new FakeEngine();
  const detached = await runCommand(left, ['run', '-d', '--name', 'left', 'busybox', 'nosuchprogram']);
  // As docker does: the container is there, and a script can remove it.
  assert.deepEqual([detached.code, detached.stdout], [127, `${(await left.containers.inspect('left')).id}\n`]);
  const engine = new FakeEngine();
  await engine.add({ name: 'web' });
  const conflict = await runCommand(engine, ['run', '--name', 'web', 'busybox']);
  assert.equal(conflict.code, 125);
  assert.match(
    conflict.stderr,
    /^gantry: Conflict\. The container name "\/web" is already in use by container "[0-9a-f]{64}"/,
  );
  assert.match(conflict.stderr, /\n\nRun 'gantry run --help' for more information\n$/);
});

test('a flag that cannot be read is refused with the words of docker and 125', async () => {
  const result = await runCommand(new FakeEngine(), ['run', '-m', '64q', 'busybox']);
  assert.deepEqual(result, {
    code: 125,
    stdout: '',
    stderr:
      'invalid argument "64q" for "-m, --memory" flag: invalid suffix: \'q\'\n\n' +
      'Usage:  gantry run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\n' +
      "Run 'gantry run --help' for more information\n",
  });
});

test('a terminal becomes raw, passes keys and its size on, and is set back', async () => {
  const engine = new FakeEngine();
  const command = startCommand(engine, ['run', '-it', '--name', 'sh', 'busybox', 'sh'], {
    terminal: { columns: 80, rows: 24 },
  });
  await waitUntil('the container runs', () => engine.containers.all[0]?.value.state.status === 'running');
  const run = engine.containers.find('sh').run;
  command.stdin.write('echo hi\r');
  await waitUntil('the echo is printed', () => command.printed.stdout.includes('\nhi\r\n'));
  command.stdout.columns = 100;
  command.stdout.emit('resize');
  assert.deepEqual(run.sizes.at(-1), { columns: 100, rows: 24 });
  command.stdin.write('exit 4\r');
  assert.equal((await command.result).code, 4);
  assert.deepEqual(command.stdin.rawModes, [true, false]);
});

test('the detach keys leave the container running, and are not passed on', async () => {
  const engine = new FakeEngine();
  const command = startCommand(engine, ['run', '-it', '--name', 'sh', '--detach-keys', 'ctrl-a,b', 'busybox', 'sh'], {
    terminal: { columns: 80, rows: 24 },
  });
  await waitUntil('the container runs', () => engine.containers.all[0]?.value.state.status === 'running');
  command.stdin.write('x\u0001y\u0001');
  command.stdin.write('b');
  assert.equal((await command.result).code, 0);
  assert.equal(command.printed.stdout, 'x\u0001y');
  assert.equal((await engine.containers.inspect('sh')).state.status, 'running');
});

test('a signal is passed on to the container', async () => {
  const engine = new FakeEngine();
  const command = startCommand(engine, ['run', '--name', 'job', 'busybox', 'sleep', '100']);
  await waitUntil('the container runs', () => engine.containers.all[0]?.value.state.status === 'running');
  command.signal('SIGTERM');
  assert.equal((await command.result).code, 143);
});

test('a terminal that is not there cannot be passed on', async () => {
  const result = await runCommand(new FakeEngine(), ['run', '-it', 'busybox']);
  assert.deepEqual(result, { code: 1, stdout: '', stderr: 'the input device is not a TTY\n' });
});

test('an image that is not there is looked for, told, and taken from the embedded ones', async () => {
  const result = await runCommand(new FakeEngine({ images: [] }), ['run', '--rm', 'busybox', 'echo', 'hi']);
  assert.deepEqual(result, {
    code: 0,
    stdout: 'hi\n',
    stderr:
      "Unable to find image 'busybox:latest' locally\nusing the embedded image busybox: the host's static busybox\n",
  });
});

test('--cidfile holds the id, and a second run refuses to overwrite it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-cli-'));
  try {
    const path = join(folder, 'cid');
    const engine = new FakeEngine();
    const first = await runCommand(engine, ['run', '-d', '--cidfile', path, 'busybox']);
    assert.equal(`${readFileSync(path, 'utf8')}\n`, first.stdout);
    const second = await runCommand(engine, ['run', '-d', '--cidfile', path, 'busybox']);
    assert.equal(second.code, 125);
    assert.match(second.stderr, /container ID file found/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('create makes a container, start -a runs it with its output, start again is no error', async () => {
  const engine = new FakeEngine();
  const created = await runCommand(engine, ['create', '--name', 'job', 'busybox', 'sh', '-c', 'echo hi; exit 2']);
  assert.match(created.stdout, /^[0-9a-f]{64}\n$/);
  assert.deepEqual(await runCommand(engine, ['start', '-a', 'job']), { code: 2, stdout: 'hi\n', stderr: '' });
  await engine.add({ name: 'web' });
  assert.deepEqual(await runCommand(engine, ['start', 'web']), { code: 0, stdout: 'web\n', stderr: '' });
});

test('exec runs a second program, with its own exit code', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'web' });
  assert.deepEqual(await runCommand(engine, ['exec', '-e', 'A=1', 'web', 'env']), {
    code: 0,
    stdout: 'A=1\n',
    stderr: '',
  });
  assert.equal((await runCommand(engine, ['exec', 'web', 'sh', '-c', 'exit 9'])).code, 9);
  assert.equal((await runCommand(engine, ['exec', 'web', 'nosuchprogram'])).code, 127);
  assert.deepEqual(await runCommand(engine, ['exec', '-i', 'web', 'cat'], { stdin: 'in' }), {
    code: 0,
    stdout: 'in',
    stderr: '',
  });
  const stopped = await runCommand(engine, ['exec', 'nothere', 'sh']);
  assert.deepEqual(stopped, { code: 1, stdout: '', stderr: 'gantry: No such container: nothere\n' });
});

test('attach joins a running container and refuses a stopped one', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'cat', command: ['cat'], openStdin: true });
  const command = startCommand(engine, ['attach', 'cat'], { stdin: 'hello\n' });
  assert.deepEqual(await command.result, { code: 0, stdout: 'hello\n', stderr: '' });
  const stopped = await runCommand(engine, ['attach', 'cat']);
  assert.equal(stopped.stderr, 'You cannot attach to a stopped container, start it first\n');
  assert.equal(stopped.code, 1);
});
