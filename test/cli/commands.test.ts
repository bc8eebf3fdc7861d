import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { runCommand, startCommand } from '../support/run-command.js';
import { waitUntil } from '../support/wait-until.js';

test('what changes containers prints the names in their order, then what failed', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'a' });
  await engine.add({ name: 'b' });
  const result = await runCommand(engine, ['stop', 'b', 'nothere', 'a']);
  assert.deepEqual(result, { code: 1, stdout: 'b\na\n', stderr: 'gantry: No such container: nothere\n' });
  assert.deepEqual(await runCommand(engine, ['stop', 'a']), { code: 0, stdout: 'a\n', stderr: '' });
  assert.deepEqual(await runCommand(engine, ['restart', 'a']), { code: 0, stdout: 'a\n', stderr: '' });
  assert.deepEqual(await runCommand(engine, ['pause', 'a']), { code: 0, stdout: 'a\n', stderr: '' });
  assert.equal((await engine.containers.inspect('a')).state.status, 'paused');
  await runCommand(engine, ['unpause', 'a']);
  assert.deepEqual(await runCommand(engine, ['rename', 'a', 'c']), { code: 0, stdout: '', stderr: '' });
  assert.deepEqual(await runCommand(engine, ['rm', '-f', 'b', 'c']), { code: 0, stdout: 'b\nc\n', stderr: '' });
  assert.deepEqual(engine.containers.all, []);
});

test('rm refuses a container that runs', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'a' });
  const result = await runCommand(engine, ['rm', 'a']);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /^gantry: cannot remove container "\/a": container is running/);
});

test('kill sends the signal that is named; wait prints exit codes', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'a' });
  await engine.add({ name: 'b' });
  const waiting = startCommand(engine, ['wait', 'a', 'b']);
  await runCommand(engine, ['kill', '-s', 'TERM', 'a']);
  await runCommand(engine, ['kill', 'b']);
  assert.deepEqual(await waiting.result, { code: 0, stdout: '143\n137\n', stderr: '' });
});

test('update changes limits and lifts them with 0 and -1', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'a', limits: { pidsMax: 5 } });
  await runCommand(engine, ['update', '-m', '64m', '--cpus', '1.5', '--restart', 'always', 'a']);
  const { limits, config } = await engine.containers.inspect('a');
  assert.deepEqual(limits, { pidsMax: 5, memoryBytes: 67_108_864, nanoCpus: 1_500_000_000 });
  assert.deepEqual(config.restartPolicy, { name: 'always' });
  await runCommand(engine, ['update', '-m', '0', '--cpus', '0', '--pids-limit', '-1', 'a']);
  assert.deepEqual((await engine.containers.inspect('a')).limits, {});
});

test('logs prints both streams to their own, with times, a tail and a beginning', async () => {
  let nowMs = 1_000_000_000_000;
  const engine = new FakeEngine({ nowMs: () => nowMs });
  const { id } = await engine.add({ name: 'a' });
  const print = (text: string, stream: 'stdout' | 'stderr' = 'stdout') =>
    engine.containers.find(id).run.print(text, stream);
  print('one\n');
  nowMs += 60_000;
  print('two\n', 'stderr');
  print('three\n');
  assert.deepEqual(await runCommand(engine, ['logs', 'a']), { code: 0, stdout: 'one\nthree\n', stderr: 'two\n' });
  assert.equal(
    (await runCommand(engine, ['logs', '--tail', '1', '-t', 'a'])).stdout,
    '2001-09-09T01:47:40.000000000Z three\n',
  );
  const since = await runCommand(engine, ['logs', '--since', '30s', 'a'], { nowMs: () => nowMs });
  assert.equal(since.stdout, 'three\n');
  const until = await runCommand(engine, ['logs', '--until', '2001-09-09T01:47:00Z', 'a']);
  assert.equal(until.stdout, 'one\n');
});

test('logs -f goes on until the container ends', async () => {
  const engine = new FakeEngine();
  const { id } = await engine.add({ name: 'a' });
  const command = startCommand(engine, ['logs', '-f', 'a']);
  await waitUntil('it follows', () => engine.containers.find(id).logReaders.size === 1);
  engine.containers.find(id).run.print('late\n', 'stdout');
  engine.containers.find(id).run.exit(0);
  assert.deepEqual(await command.result, { code: 0, stdout: 'late\n', stderr: '' });
});

test('stats prints a table of two readings', async () => {
  let nowMs = 1_000_000;
  const engine = new FakeEngine({ nowMs: () => nowMs });
  await engine.add({ name: 'a', limits: { memoryBytes: 64 * 1024 * 1024 } });
  const readStats = engine.containers.readStats.bind(engine.containers);
  engine.containers.readStats = (ids) => {
    nowMs += 1000;
    return readStats(ids);
  };
  const format = '{{.Name}} {{.CPUPerc}} {{.MemUsage}} {{.MemPerc}} {{.NetIO}} {{.PIDs}}';
  const { stdout } = await runCommand(engine, ['stats', '--no-stream', '--format', format]);
  assert.equal(stdout, 'a 20.00% 20.56MiB / 64MiB 32.12% 6kB / 2kB 1\n');
});

test('stats goes on until it is interrupted', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'a' });
  const command = startCommand(engine, ['stats'], { terminal: { columns: 80, rows: 24 } });
  await waitUntil('two tables', () => command.printed.stdout.split('\u001B[H').length > 2);
  command.signal('SIGINT');
  assert.equal((await command.result).code, 0);
  assert.match(command.printed.stdout, /CONTAINER ID {3}NAME {6}CPU % /);
});

test('events prints what happens, by filter and format', async () => {
  const engine = new FakeEngine({ nowMs: () => Date.UTC(2026, 5, 1, 12) });
  const all = startCommand(engine, ['events', '--since', '1h'], { nowMs: () => Date.UTC(2026, 5, 1, 12) });
  const starts = startCommand(engine, [
    'events',
    '--filter',
    'event=start',
    '--format',
    '{{.Action}} {{.Actor.Attributes.name}} {{.Type}}',
  ]);
  await waitUntil('both follow', () => engine.followers === 2);
  await engine.add({ name: 'a', labels: { x: 'y' } });
  await waitUntil(
    'both have printed',
    () => all.printed.stdout.split('\n').length === 3 && starts.printed.stdout !== '',
  );
  all.signal('SIGINT');
  starts.signal('SIGINT');
  assert.equal((await starts.result).stdout, 'start a container\n');
  const [line] = (await all.result).stdout.split('\n');
  assert.match(
    line ?? '',
    /^2026-06-01T\d{2}:00:00\.000000000\S+ container create [0-9a-f]{64} \(image=busybox, name=a, x=y\)$/,
  );
});

test('events takes filters by kinds of things that there are none of', async () => {
  const engine = new FakeEngine();
  await engine.add({ name: 'a' });
  for (const kind of ['config', 'node', 'plugin', 'secret', 'service']) {
    const words = ['events', '--since', '1h', '--until', '0s', '--filter', `${kind}=a`];
    assert.deepEqual(await runCommand(engine, words), { code: 0, stdout: '', stderr: '' });
  }
});

test('events shows and finds health and exec as Docker writes them', async () => {
  const engine = new FakeEngine({ nowMs: () => Date.UTC(2026, 5, 1, 12) });
  const follow = (filter: string) => startCommand(engine, ['events', '--filter', filter, '--format', '{{.Action}}']);
  const commands = ['event=health_status', 'event=health_status: healthy', 'event=exec_create'].map(follow);
  await waitUntil('all follow', () => engine.followers === 3);
  const { id } = await engine.add({ name: 'a' });
  for (const healthStatus of ['healthy', 'unhealthy']) {
    engine.emit({ type: 'container', action: 'health_status', id, atMs: 1, attributes: { healthStatus } });
  }
  engine.emit({ type: 'container', action: 'exec_create', id, atMs: 1, attributes: { execCommand: 'sh -c ls' } });
  await waitUntil('the last', () => commands[2]?.printed.stdout !== '');
  for (const { signal } of commands) signal('SIGINT');
  const printed = await Promise.all(commands.map(async ({ result }) => (await result).stdout));
  assert.deepEqual(printed, [
    'health_status: healthy\nhealth_status: unhealthy\n',
    'health_status: healthy\n',
    'exec_create: sh -c ls\n',
  ]);
});

test('prune asks first, and removes what does not run', async () => {
  const engine = new FakeEngine();
  const { id } = await engine.add({ name: 'a' }, false);
  const no = await runCommand(engine, ['container', 'prune'], { stdin: 'n\n' });
  assert.match(
    no.stdout,
    /^WARNING! This will remove all stopped containers\.\nAre you sure you want to continue\? \[y\/N\] $/,
  );
  assert.equal(engine.containers.all.length, 1);
  const yes = await runCommand(engine, ['container', 'prune'], { stdin: 'y\n' });
  assert.match(yes.stdout, new RegExp(`Deleted Containers:\\n${id}\\n\\nTotal reclaimed space: 100B\\n$`));
  assert.equal(engine.containers.all.length, 0);
  assert.deepEqual(await runCommand(engine, ['system', 'prune', '-f']), {
    code: 0,
    stdout: 'Total reclaimed space: 0B\n',
    stderr: '',
  });
});

test('prune with --dry-run asks nothing and removes nothing', async () => {
  const engine = new FakeEngine();
  const { id } = await engine.add({ name: 'a' }, false);
  await engine.volumes.create({ name: 'v' });
  const { code, stdout } = await runCommand(engine, ['system', 'prune', '--volumes', '--dry-run']);
  const parts = [
    `Would delete Containers:\n${id}\n\n`,
    'Would delete Volumes:\nv\n\n',
    'Total reclaimable space: 100B\n',
  ];
  assert.deepEqual([code, stdout], [0, parts.join('')]);
  assert.equal(engine.containers.all.length, 1);
  assert.equal((await engine.volumes.list()).length, 1);
});

test('images are tagged, saved, loaded, imported, committed and removed', async () => {
  const engine = new FakeEngine();
  await runCommand(engine, ['tag', 'busybox', 'mine:1']);
  const saved = await runCommand(engine, ['save', 'mine:1']);
  assert.deepEqual(JSON.parse(saved.stdout), [['busybox:latest', 'mine:1']]);
  assert.deepEqual(await runCommand(engine, ['rmi', 'mine:1']), { code: 0, stdout: 'Untagged: mine:1\n', stderr: '' });
  const other = new FakeEngine({ images: [] });
  const loaded = await runCommand(other, ['load'], { stdin: saved.stdout });
  assert.equal(loaded.stdout, 'Loaded image: busybox:latest\nLoaded image: mine:1\n');
  const imported = await runCommand(engine, ['import', '-', 'root:1'], { stdin: 'a tar' });
  assert.match(imported.stdout, /^sha256:[0-9a-f]{64}\n$/);
  await engine.add({ name: 'a' });
  const committed = await runCommand(engine, ['commit', '-m', 'x', 'a', 'snap']);
  assert.match(committed.stdout, /^sha256:[0-9a-f]{64}\n$/);
  assert.deepEqual((await engine.images.inspect('snap')).repoTags, ['snap:latest']);
});

test('an archive is not written to a terminal', async () => {
  const result = await runCommand(new FakeEngine(), ['save', 'busybox'], { terminal: { columns: 80, rows: 24 } });
  assert.equal(result.stderr, 'cowardly refusing to save to a terminal. Use the -o flag or redirect\n');
});

test('what the engine does not do yet is said', async () => {
  const result = await runCommand(new FakeEngine(), ['image', 'bootstrap', 'debian']);
  assert.deepEqual(result, { code: 1, stdout: '', stderr: 'gantry: bootstrap is not implemented yet\n' });
});

test('diff, export, info, version and __cleanup do what they say', async () => {
  const engine = new FakeEngine();
  const { id } = await engine.add({ name: 'a', autoRemove: true });
  engine.containers.find('a').files.set('/new', Buffer.from('x'));
  assert.equal((await runCommand(engine, ['diff', 'a'])).stdout, 'A /new\n');
  assert.equal((await runCommand(engine, ['export', 'a'])).stdout, `tar of ${id}`);
  assert.match((await runCommand(engine, ['info'])).stdout, /\n {2}Running: 1\n[\s\S]* Total Memory: 8GiB\n/);
  assert.equal((await runCommand(engine, ['info', '-f', '{{.NCPU}}'])).stdout, '2\n');
  assert.equal((await runCommand(engine, ['version', '-f', '{{.Server.Version}}'])).stdout, '0.1.0\n');
  assert.deepEqual(await runCommand(engine, ['__cleanup', 'nothere']), { code: 0, stdout: '', stderr: '' });
});

test('networks and volumes are made, inspected and removed', async () => {
  const engine = new FakeEngine();
  const made = await runCommand(engine, ['network', 'create', '--subnet', '10.9.0.0/24', '--internal', 'n1']);
  assert.match(made.stdout, /^[0-9a-f]{64}\n$/);
  const subnet = await runCommand(engine, [
    'network',
    'inspect',
    '-f',
    '{{(index .IPAM.Config 0).Subnet}} {{.Internal}}',
    'n1',
  ]);
  assert.equal(subnet.stdout, '10.9.0.0/24 true\n');
  assert.deepEqual(await runCommand(engine, ['network', 'rm', 'n1']), { code: 0, stdout: 'n1\n', stderr: '' });
  await runCommand(engine, ['volume', 'create', 'v1']);
  await engine.add({ name: 'a', mounts: [{ type: 'volume', source: 'v1', target: '/x' }] });
  assert.equal((await runCommand(engine, ['volume', 'ls', '-qf', 'dangling=false'])).stdout, 'v1\n');
  assert.equal((await runCommand(engine, ['volume', 'ls', '-qf', 'dangling=true'])).stdout, '');
  assert.deepEqual(await runCommand(engine, ['volume', 'rm', 'v1']), { code: 0, stdout: 'v1\n', stderr: '' });
});

/** Words before the cursor with some of what is offered. */
const COMPLETIONS: readonly (readonly [string, readonly string[]])[] = [
  ['sto', ['stop']],
  ['contain', ['container']],
  ['container sta', ['start', 'stats']],
  ['run --memory-s', ['--memory-swap', '--memory-swappiness']],
  ['run --restart un', ['unless-stopped']],
  ['stop w', ['web']],
  ['rmi busy', ['busybox:latest']],
  ['completion z', ['zsh']],
];

for (const [line, words] of COMPLETIONS) {
  test(`"gantry ${line}" is completed to ${words.join(', ')}`, async () => {
    const engine = new FakeEngine();
    await engine.add({ name: 'web' });
    const { stdout } = await runCommand(engine, ['__complete', '--', ...line.split(' ')]);
    assert.deepEqual(stdout.trim().split('\n'), words);
  });
}

test('login takes the password from standard input, says where it stands, and logout takes it away', async () => {
  const engine = new FakeEngine();
  engine.registries.plainFile = '/root/.docker/config.json';
  const words = ['login', '-u', 'ann', '--password-stdin', 'reg.org'];
  const result = await runCommand(engine, words, { stdin: 'secret\n' });
  assert.equal(result.stdout, 'Login Succeeded\n');
  assert.match(
    result.stderr,
    /^\nWARNING! Your credentials are stored unencrypted in '\/root\/.docker\/config.json'\.\n/,
  );
  assert.deepEqual([...engine.registries.kept], [['reg.org', 'ann']]);
  assert.equal(
    (await runCommand(engine, ['login', 'reg.org'])).stdout,
    'Authenticating with existing credentials... [Username: ann]\n\nLogin Succeeded\n',
  );
  assert.equal((await runCommand(engine, ['logout', 'reg.org'])).stdout, 'Removing login credentials for reg.org\n');
  assert.equal((await runCommand(engine, ['logout', 'reg.org'])).stdout, 'Not logged in to reg.org\n');
  const failures: readonly [readonly string[], string][] = [
    [['login', 'reg.org'], 'Error: Cannot perform an interactive login from a non TTY device\n'],
    [['login', '--password-stdin'], 'Must provide --username with --password-stdin\n'],
    [['login', '-u', 'a', '-p', 'b', '--password-stdin'], '--password and --password-stdin are mutually exclusive\n'],
    [words, 'gantry: Get "https://reg.org/v2/": unauthorized: incorrect username or password\n'],
  ];
  for (const [line, stderr] of failures) {
    const failed = await runCommand(engine, line, { stdin: 'wrong' });
    assert.deepEqual(failed, { code: 1, stdout: '', stderr }, line.join(' '));
  }
});

test('search lists what registries have, and manifest inspect prints it', async () => {
  const engine = new FakeEngine();
  const { stdout } = await runCommand(engine, ['search', '--filter', 'stars=3', 'web']);
  assert.equal(
    stdout,
    'NAME      DESCRIPTION                                     STARS     OFFICIAL\nweb       A tiny image with a long description, of mor…   12        [OK]\n',
  );
  const plain = await runCommand(engine, ['manifest', 'inspect', 'web']);
  assert.match(plain.stdout, /^\{\n\t"schemaVersion": 2,\n\t"config": \{\n\t\t"mediaType": /);
  const verbose: unknown = JSON.parse((await runCommand(engine, ['manifest', 'inspect', '-v', 'web'])).stdout);
  assert.deepEqual(Object.keys(verbose as object), ['Ref', 'Descriptor', 'Raw', 'OCIManifest']);
});
