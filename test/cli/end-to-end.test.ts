import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Gantry, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');

let gantry: Gantry;

before(() => {
  gantry = openGantry();
});

after(() => gantry.close());

/** Runs a command that must succeed, and gives what it prints. */
async function print(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await gantry.run(words);
  assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
  return stdout;
}

test('the first run takes the embedded image, prints both streams, and ends with the exit code', NEEDS, async () => {
  const first = await gantry.run(['run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2; exit 7']);
  assert.equal(first.code, 7);
  assert.equal(first.stdout, 'out\n');
  assert.match(
    first.stderr,
    /^Unable to find image 'busybox:latest' locally\nusing the embedded image busybox: .*\nerr\n$/,
  );
  assert.equal(await print('ps', '-aq'), '');
});

test(
  'quick programs at once each give all their output while other engines open, and nothing is left',
  NEEDS,
  async () => {
    const runs = Array.from({ length: 8 }, (_, index) =>
      gantry.run(['run', '--rm', 'busybox', 'echo', `line ${index}`]),
    );
    const looks = runs.map((_, index) => gantry.run([index % 2 === 0 ? 'images' : 'ps']));
    const results = await Promise.all(runs);
    assert.deepEqual(
      results.map(({ code, stdout, stderr }) => [code, stdout, stderr]),
      results.map((_, index) => [0, `line ${index}\n`, '']),
    );
    assert.ok((await Promise.all(looks)).every(({ code }) => code === 0));
    assert.equal(await print('ps', '-aq'), '');
  },
);

test('what is piped in reaches the program, and ends', NEEDS, async () => {
  const text = 'line of the input\n'.repeat(20_000);
  const { code, stdout } = await gantry.run(['run', '--rm', '-i', 'busybox', 'cat'], text);
  assert.equal(code, 0);
  assert.equal(stdout, text);
});

test('exit codes are those of docker: 126, 127, 125, 128 and the signal', NEEDS, async () => {
  const codeOf = async (...words: readonly string[]) => (await gantry.run(words)).code;
  assert.equal(await codeOf('run', '--rm', 'busybox', 'nosuchprogram'), 127);
  assert.equal(await codeOf('run', '--rm', 'busybox', '/etc'), 126);
  assert.equal(await codeOf('run', '--rm', 'nosuchimage'), 125);
  assert.equal(await codeOf('run', '--rm', '--network', 'nosuchnet', 'busybox', 'true'), 125);
  assert.equal(await codeOf('run', '--rm', '--foo', 'busybox'), 125);
  // Process 1 of a namespace takes no SIGKILL from inside it; below an init the program is process 2.
  assert.equal(await codeOf('run', '--rm', '--init', 'busybox', 'sh', '-c', 'kill -9 $$'), 137);
  assert.equal(await print('ps', '-aq'), '');
});

test('a container runs on by itself: ps, logs, exec, top, stats, kill, wait, rm', NEEDS, async () => {
  const id = (await print('run', '-d', '--name', 'web', 'busybox', 'sh', '-c', 'echo started; exec sleep 1000')).trim();
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.equal(await print('ps', '--format', '{{.ID}} {{.Names}} {{.State}}'), `${id.slice(0, 12)} web running\n`);
  await waitUntil('the log has a line', async () => (await print('logs', 'web')) === 'started\n');
  assert.match(await print('logs', '-t', 'web'), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z started\n$/);
  assert.equal(await print('exec', '-e', 'A=b', '-w', '/etc', 'web', 'sh', '-c', 'echo $A $PWD'), 'b /etc\n');
  assert.equal((await gantry.run(['exec', 'web', 'sh', '-c', 'exit 9'])).code, 9);
  assert.equal((await gantry.run(['exec', 'web', 'nosuchprogram'])).code, 127);
  assert.equal((await gantry.run(['exec', '-i', 'web', 'cat'], 'piped')).stdout, 'piped');
  assert.match(await print('top', 'web'), /\n\S+ +\d+ .* sleep 1000\n$/);
  assert.match(
    await print('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}'),
    /^web [\d.]+[KM]iB \/ [\d.]+GiB\n$/,
  );
  const waiting = gantry.run(['wait', 'web']);
  assert.equal(await print('kill', 'web'), 'web\n');
  assert.equal((await waiting).stdout, '137\n');
  assert.match(await print('ps', '-a', '--format', '{{.Status}}'), /^Exited \(137\) /);
  assert.equal(await print('rm', 'web'), 'web\n');
  assert.equal((await gantry.run(['logs', 'web'])).stderr, 'gantry: No such container: web\n');
});

test('limits are in the kernel before the program runs, and change while it runs', NEEDS, async () => {
  await print(
    'run',
    '-d',
    '--name',
    'limited',
    '-m',
    '64m',
    '--cpus',
    '0.5',
    '--pids-limit',
    '20',
    'busybox',
    'sleep',
    '1000',
  );
  const inspect = (field: string) => print('inspect', '-f', `{{.HostConfig.${field}}}`, 'limited');
  assert.equal(await inspect('Memory'), '67108864\n');
  assert.equal(await inspect('NanoCpus'), '500000000\n');
  await print('update', '-m', '128m', '--memory-swap', '256m', '--cpus', '1', 'limited');
  assert.equal(await inspect('Memory'), '134217728\n');
  const [line] = (await print('stats', '--no-stream', '--format', '{{.MemUsage}}', 'limited')).split('\n');
  assert.match(line ?? '', / \/ 128MiB$/);
  const pid = (await print('inspect', '-f', '{{.State.Pid}}', 'limited')).trim();
  const own = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  assert.match(own, new RegExp(`/${(await print('inspect', '-f', '{{.Id}}', 'limited')).trim()}`));
  await print('rm', '-f', 'limited');
});

test('stop asks first, restart starts again, pause freezes, rename renames', NEEDS, async () => {
  const script = 'trap "echo asked; exit 3" TERM; echo up; while :; do sleep 0.05; done';
  await print('run', '-d', '--name', 'poli', 'busybox', 'sh', '-c', script);
  await waitUntil('it is up', async () => (await print('logs', 'poli')).includes('up'));
  assert.equal(await print('stop', 'poli'), 'poli\n');
  assert.equal(await print('logs', 'poli'), 'up\nasked\n');
  assert.equal(await print('inspect', '-f', '{{.State.ExitCode}}', 'poli'), '3\n');
  assert.equal(await print('stop', 'poli'), 'poli\n');
  await print('start', 'poli');
  await print('pause', 'poli');
  assert.match(await print('ps', '--format', '{{.Status}}'), /\(Paused\)\n$/);
  await print('unpause', 'poli');
  await print('restart', '-t', '0', 'poli');
  await print('rename', 'poli', 'other');
  assert.equal(await print('ps', '--format', '{{.Names}}'), 'other\n');
  const refused = await gantry.run(['rm', 'other']);
  assert.equal(refused.code, 1);
  await print('rm', '-f', 'other');
});

test('run -it has a terminal of our size, which follows, and typed keys reach the program', NEEDS, async () => {
  const program = gantry.startInTerminal(['run', '--rm', '-it', '--name', 'tty', 'busybox', 'sh']);
  await program.waitFor('# ', 15_000);
  program.type('stty size\r');
  await program.waitFor('24 80');
  program.resize(100, 30);
  await waitUntil('the size follows', async () => {
    program.type('stty size\r');
    await program.waitFor('stty');
    return program.screen().includes('30 100');
  });
  program.type('tty; exit 4\r');
  await program.waitFor('/dev/pts/0');
  assert.equal((await program.exited).exitCode, 4);
  assert.equal(await print('ps', '-aq'), '');
});

test('ctrl-p ctrl-q leaves the container running, attach comes back to it', NEEDS, async () => {
  const program = gantry.startInTerminal(['run', '-it', '--name', 'left', 'busybox', 'sh']);
  await program.waitFor('# ', 15_000);
  program.type('\u0010\u0011');
  assert.equal((await program.exited).exitCode, 0);
  assert.equal(await print('ps', '--format', '{{.Names}}'), 'left\n');
  const again = gantry.startInTerminal(['attach', 'left']);
  await waitUntil('the shell answers', async () => {
    again.type('echo $((40 + 2))\r');
    return (await again.waitFor(/\S/)).includes('\n42');
  });
  again.type('exit 5\r');
  assert.equal((await again.exited).exitCode, 5);
  await print('rm', 'left');
});

test('a signal is passed on to the program', NEEDS, async () => {
  const script = 'trap "echo caught; exit 12" TERM; echo ready; while :; do sleep 0.05; done';
  const running = gantry.start(['run', '--rm', 'busybox', 'sh', '-c', script]);
  await waitUntil('it is ready', () => running.printed.stdout.includes('ready'));
  running.kill('SIGTERM');
  const { code, stdout } = await running.result;
  assert.equal(stdout, 'ready\ncaught\n');
  assert.equal(code, 12);
});

test('a container outlives the kill of the program that runs it', NEEDS, async () => {
  const running = gantry.start(['run', '--name', 'orphan', 'busybox', 'sh', '-c', 'echo here; sleep 1000']);
  await waitUntil('it runs', () => running.printed.stdout.includes('here'));
  running.kill('SIGKILL');
  await running.result;
  assert.equal(await print('ps', '--format', '{{.Names}} {{.State}}'), 'orphan running\n');
  assert.equal(await print('logs', 'orphan'), 'here\n');
  await print('rm', '-f', 'orphan');
});

test('--rm holds without any engine: the monitor calls the clean-up', NEEDS, async () => {
  await print('run', '-d', '--rm', '--name', 'gone', 'busybox', 'sh', '-c', 'sleep 0.3');
  const containers = join(gantry.folder, 'root', 'containers');
  await waitUntil('its folder is gone', () => !existsSync(containers) || readdirSync(containers).length === 0);
  assert.equal(await print('ps', '-aq'), '');
});

test('the environment, the user and mounts are what the flags say', NEEDS, async () => {
  mkdirSync(join(gantry.folder, 'src'));
  writeFileSync(join(gantry.folder, 'src', 'file'), 'bound\n');
  writeFileSync(join(gantry.folder, 'env'), 'FILE=1\n');
  const script =
    'echo $FILE $FROM_CALLER $(id -u) $(hostname); cat /mnt/file; touch /mnt/x 2>&1 | grep -c read-only -i; df /t | grep -c tmpfs';
  const printed = await print(
    ...['run', '--rm', '--env-file', 'env', '-e', 'FROM_CALLER', '-u', '1000', '-h', 'box'],
    ...['-v', './src:/mnt:ro', '--tmpfs', '/t:size=64k', 'busybox', 'sh', '-c', script],
  );
  assert.equal(printed, '1 yes 1000 box\nbound\n1\n1\n');
});

test('-v binds a file as it is, and makes the folder that is not there', NEEDS, async () => {
  writeFileSync(join(gantry.folder, 'one'), 'a file\n');
  const script = 'cat /one; touch /made/x';
  assert.equal(
    await print('run', '--rm', '-v', './one:/one', '-v', './made:/made', 'busybox', 'sh', '-c', script),
    'a file\n',
  );
  assert.deepEqual(readdirSync(join(gantry.folder, 'made')), ['x']);
});

test('logs -f follows to the end of the container', NEEDS, async () => {
  await print('run', '-d', '--name', 'chatty', 'busybox', 'sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.2; done');
  const { code, stdout } = await gantry.run(['logs', '-f', 'chatty']);
  assert.equal(code, 0);
  assert.equal(stdout, '1\n2\n3\n');
  assert.equal(await print('logs', '--tail', '1', 'chatty'), '3\n');
  await print('rm', 'chatty');
});

test('events of one container come in order', NEEDS, async () => {
  await print('run', '--rm', '--name', 'eventful', 'busybox', 'true');
  const printed = await print(
    'events',
    '--since',
    '1m',
    '--until',
    '0s',
    '--filter',
    'container=eventful',
    '--format',
    '{{.Action}}',
  );
  assert.deepEqual(
    printed.split('\n').filter((action) => ['create', 'start', 'die', 'destroy'].includes(action)),
    ['create', 'start', 'die', 'destroy'],
  );
});
