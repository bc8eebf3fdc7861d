import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isProcessAlive, readProcessStat } from '../../src/platform/proc.js';
import { compileProgram } from '../support/compile-program.js';
import { GANTRY_ARGS } from '../support/gantry.js';
import { listParents, makeBundle, type OciBundle } from '../support/oci-bundle.js';
import { requires } from '../support/requires.js';
import { startInTerminal } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'cgroup-v1', 'command:busybox');

/** Lives until it is killed, and says when it has begun. */
const STAY = 'echo began > /began; exec sleep 1000';

function memoryFile(bundle: OciBundle, name: string): string {
  return readFileSync(`/sys/fs/cgroup/memory${bundle.cgroup}/c/${name}`, 'utf8').trim();
}

async function startStaying(bundle: OciBundle, script = STAY): Promise<number> {
  bundle.write(script);
  await bundle.must('create', 'c');
  await bundle.must('start', 'c');
  await waitUntil('the program', () => existsSync(bundle.inRoot('began')));
  return (await bundle.state('c')).pid;
}

test('a container waits for its start, belongs to whoever adopts orphans, and leaves nothing', NEEDS, async (t) => {
  const bundle = makeBundle(t);
  bundle.write(STAY, ({ linux }) => ({
    annotations: { 'org.example': 'yes' },
    linux: { ...linux, resources: { ...linux.resources, memory: { limit: 64 << 20 }, pids: { limit: 50 } } },
  }));
  await bundle.must('create', '--pid-file', join(bundle.folder, 'pid'), 'c');
  const created = await bundle.state('c');
  const { created: at, ...rest } = created;
  const pid = Number(readFileSync(join(bundle.folder, 'pid'), 'utf8'));
  assert.deepEqual(rest, {
    ociVersion: '1.0.2',
    id: 'c',
    status: 'created',
    pid,
    bundle: bundle.folder,
    annotations: { 'org.example': 'yes' },
    rootfs: bundle.inRoot(''),
    owner: 'root',
  });
  assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60_000);
  assert.equal(memoryFile(bundle, 'memory.limit_in_bytes'), String(64 << 20));
  // Neither the runtime nor gantry-init is there any more, and the process has nothing of the host open.
  assert.notEqual(readProcessStat(pid)?.parentPid, process.pid);
  assert.equal(readProcessStat(readProcessStat(pid)?.parentPid ?? 0)?.name.startsWith('gantry'), false);
  assert.deepEqual(readdirSync(`/proc/${pid}/fd`).length, 4);
  assert.equal(existsSync(bundle.inRoot('began')), false);

  assert.equal((await bundle.run('create', 'c')).stderr, 'container with id exists: c\n');
  await bundle.must('start', 'c');
  await waitUntil('the program', () => existsSync(bundle.inRoot('began')));
  assert.equal((await bundle.state('c')).status, 'running');
  assert.equal(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), 'sleep\x001000\0');
  assert.deepEqual(await bundle.run('start', 'c'), {
    code: 1,
    stdout: '',
    stderr: 'cannot start an already running container\n',
  });
  assert.equal(JSON.parse(await bundle.must('ps', '--format', 'json', 'c'))[0], pid);
  const refusal = await bundle.run('delete', 'c');
  assert.equal(refusal.stderr, 'cannot delete container c that is not stopped: running\n');
  await bundle.must('kill', 'c', 'KILL');
  await waitUntil('the end', () => !isProcessAlive({ pid, startTicks: readProcessStat(pid)?.startTicks ?? 0 }));
  const stopped = await bundle.state('c');
  assert.deepEqual([stopped.status, stopped.pid], ['stopped', 0]);
  await bundle.must('delete', 'c');
  const log = join(bundle.folder, 'log');
  assert.equal(
    (await bundle.run('--log', log, '--log-format', 'json', 'state', 'c')).stderr,
    'container does not exist\n',
  );
  const { level, msg } = JSON.parse(readFileSync(log, 'utf8'));
  assert.deepEqual([level, msg], ['error', 'container does not exist']);
  assert.deepEqual(
    readdirSync(join(bundle.folder, 'states')).filter((name) => !name.startsWith('.')),
    [],
  );
  assert.deepEqual(listParents(`${bundle.cgroup}/c`), []);
});

test('run gives the exit code of the program, and what it prints', NEEDS, async (t) => {
  const bundle = makeBundle(t);
  bundle.write('id -u; hostname; exit 7');
  const { code, stdout } = await bundle.run('run', 'c');
  assert.deepEqual([code, stdout], [7, '0\ntester\n']);
  assert.deepEqual(listParents(`${bundle.cgroup}/c`), []);
  bundle.write('', ({ process: own }) => ({ process: { ...own, args: ['no-such-program'] } }));
  const missing = await bundle.run('run', 'c');
  assert.deepEqual(
    [missing.code, missing.stderr],
    [1, 'unable to start container process: exec: "no-such-program": executable file not found in $PATH\n'],
  );
  bundle.write('tty; stty size', ({ process: own }) => ({ process: { ...own, terminal: true } }));
  assert.match((await bundle.run('create', 'c')).stderr, /cannot allocate tty if runc will detach/);
  const words = [...GANTRY_ARGS, 'runtime', '--root', join(bundle.folder, 'states'), 'run', 'c'];
  const terminal = startInTerminal(process.execPath, words, { columns: 77, rows: 33, cwd: bundle.folder });
  await terminal.waitFor('33 77');
  assert.equal((await terminal.exited).exitCode, 0);
});

test('masks find a null in a /dev that is bound, and descriptors are passed on', NEEDS, async (t) => {
  const bundle = makeBundle(t);
  bundle.write('busybox stat -c %t:%T /proc/keys; cat <&3', ({ mounts }) => ({
    mounts: [
      ...mounts.filter(({ destination }) => !destination.startsWith('/dev')),
      { destination: '/dev', type: 'bind', source: '/dev', options: ['rbind', 'rslave'] },
    ],
  }));
  const missing = await bundle.run('run', '--preserve-fds', '1', 'c');
  assert.equal(missing.stderr, 'please check that preserved-fd 0 (of 3) is present\n');
  const file = openSync(bundle.inRoot('data/seed'), 'r');
  const { code, stdout, stderr } = await bundle.runWith(file, 'run', '--preserve-fds', '1', 'c');
  closeSync(file);
  assert.deepEqual([code, stdout], [0, '1:3\nfrom the image\n'], stderr);
});

test('exec, update and pause act on a container that runs', NEEDS, async (t) => {
  const bundle = makeBundle(t);
  await startStaying(bundle);
  const exec = await bundle.run(
    'exec',
    '--env',
    'A=b',
    '--cwd',
    '/tmp',
    '--user',
    '1000:1000',
    'c',
    'sh',
    '-c',
    'pwd; id -un; echo $A; exit 3',
  );
  assert.deepEqual([exec.code, exec.stdout], [3, '/tmp\nguest\nb\n']);
  const missing = await bundle.run('exec', 'c', '/no/such');
  assert.deepEqual([missing.code, missing.stderr.includes('stat /no/such: no such file or directory')], [255, true]);

  await bundle.must('update', '--memory', '50m', '--pids-limit', '33', 'c');
  assert.equal(memoryFile(bundle, 'memory.limit_in_bytes'), String(50 << 20));
  assert.equal(readFileSync(`/sys/fs/cgroup/pids${bundle.cgroup}/c/pids.max`, 'utf8'), '33\n');
  const resources = join(bundle.folder, 'resources.json');
  writeFileSync(resources, JSON.stringify({ cpu: { quota: 20_000, period: 100_000 }, memory: { limit: -1 } }));
  await bundle.must('update', '--resources', resources, 'c');
  assert.equal(readFileSync(`/sys/fs/cgroup/cpu${bundle.cgroup}/c/cpu.cfs_quota_us`, 'utf8'), '20000\n');
  const { type, data } = JSON.parse(await bundle.must('events', '--stats', 'c'));
  assert.deepEqual([type, data.pids.current, data.memory.usage.limit], ['stats', 1, undefined]);

  await bundle.must('pause', 'c');
  assert.equal((await bundle.state('c')).status, 'paused');
  assert.match((await bundle.run('exec', 'c', 'true')).stderr, /cannot exec in a paused container/);
  await bundle.must('resume', 'c');
  assert.equal((await bundle.state('c')).status, 'running');
  await bundle.must('pause', 'c');
  await bundle.must('delete', '--force', 'c');
  assert.deepEqual(listParents(`${bundle.cgroup}/c`), []);
});

test(
  'the terminal of a process goes to the console socket',
  requires('root', 'cgroup-v1', 'command:busybox', 'command:cc'),
  async (t) => {
    const bundle = makeBundle(t);
    const receiver = compileProgram('receive-terminal', bundle.folder);
    const receive = async (name: string) => {
      const socket = join(bundle.folder, name);
      const child = spawn(receiver, [socket], { stdio: ['ignore', 'pipe', 'pipe'] });
      t.after(() => child.kill('SIGKILL'));
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      await waitUntil('the socket', () => existsSync(socket));
      return { socket, text: () => text };
    };
    const first = await receive('first');
    bundle.write('tty; echo began > /began; exec sleep 1000', ({ process: own }) => ({
      process: { ...own, terminal: true },
    }));
    await bundle.must('create', '--console-socket', first.socket, 'c');
    await bundle.must('start', 'c');
    await waitUntil('the terminal', () => first.text() === '/dev/pts/0\r\n');
    const second = await receive('second');
    const process = join(bundle.folder, 'process.json');
    const env = ['PATH=/bin'];
    writeFileSync(
      process,
      JSON.stringify({
        terminal: true,
        user: { uid: 0, gid: 0 },
        args: ['sh', '-c', 'stty size; echo $0'],
        env,
        cwd: '/',
        consoleSize: { width: 90, height: 20 },
      }),
    );
    const pidFile = join(bundle.folder, 'exec-pid');
    await bundle.must(
      'exec',
      '--process',
      process,
      '--console-socket',
      second.socket,
      '--detach',
      '--pid-file',
      pidFile,
      'c',
    );
    await waitUntil('the other terminal', () => second.text() === '20 90\r\nsh\r\n');
    assert.match(readFileSync(pidFile, 'utf8'), /^\d+$/);
  },
);

test('hooks run in their order and read the state', NEEDS, async (t) => {
  const bundle = makeBundle(t);
  const told = join(bundle.folder, 'told');
  const hook = (name: string) => [
    {
      path: '/bin/sh',
      args: ['my-name', '-c', `echo ${name} $0 $A $(busybox sed 's/.*"status":"\\([a-z]*\\)".*/\\1/') >> ${told}`],
      env: ['A=b', 'PATH=/bin:/usr/bin'],
    },
  ];
  const inside = [{ path: '/bin/sh', args: ['sh', '-c', 'cat > /state'] }];
  bundle.write(STAY, () => ({
    hooks: {
      prestart: hook('prestart'),
      createRuntime: hook('createRuntime'),
      startContainer: inside,
      poststart: hook('poststart'),
      poststop: hook('poststop'),
    },
  }));
  await bundle.must('create', 'c');
  await bundle.must('start', 'c');
  await bundle.must('delete', '--force', 'c');
  assert.deepEqual(readFileSync(told, 'utf8').split('\n'), [
    'prestart my-name b creating',
    'createRuntime my-name b creating',
    'poststart my-name b running',
    'poststop my-name b stopped',
    '',
  ]);
  assert.equal(JSON.parse(readFileSync(bundle.inRoot('state'), 'utf8')).status, 'created');

  bundle.write(STAY, () => ({
    hooks: { createRuntime: [{ path: '/bin/sh', args: ['sh', '-c', 'echo no >&2; exit 3'] }] },
  }));
  const refusal = await bundle.run('create', 'c');
  assert.equal(refusal.stderr, 'error running hook #0: error running hook: exit status 3, stdout: , stderr: no\n\n');
  assert.deepEqual(await listLeft(bundle), []);
});

test(
  'a hook in the container that fails is told, whether or not there is still a process to kill',
  NEEDS,
  async (t) => {
    const bundle = makeBundle(t);
    // It sees the pids of the host, and waits until that of the first process is nobody's, which its adopter decides.
    const script =
      'pid=$(busybox sed \'s/.*"pid":\\([0-9]*\\).*/\\1/\'); kill -9 $pid; while [ -d /proc/$pid ] && [ $((i += 1)) -lt 99999 ]; do :; done; exit 4';
    bundle.write(STAY, ({ linux }) => ({
      hooks: { startContainer: [{ path: '/bin/sh', args: ['sh', '-c', script] }] },
      linux: { ...linux, namespaces: linux.namespaces.filter(({ type }) => type !== 'pid') },
    }));
    await bundle.must('create', 'c');
    const { pid } = await bundle.state('c');
    const refusal = await bundle.run('start', 'c');
    assert.equal(refusal.stderr, 'error running startContainer hook #0: exit status 4\n');
    assert.equal(isProcessAlive({ pid, startTicks: readProcessStat(pid)?.startTicks ?? 0 }), false);
    await bundle.must('delete', 'c');
    assert.deepEqual(await listLeft(bundle), []);
  },
);

/** States, groups and processes of the container. */
function listLeft(bundle: OciBundle): Promise<readonly string[]> {
  const states = readdirSync(join(bundle.folder, 'states')).filter((name) => !name.startsWith('.'));
  return Promise.resolve([...states, ...listParents(`${bundle.cgroup}/c`)]);
}

/** The runtime is killed by a hook, whose parent it is; its namespaces are there by then. */
test('a creator that is killed leaves no process, and what it leaves is deleted', NEEDS, async (t) => {
  const bundle = makeBundle(t);
  const kill = (words: string) => [{ path: '/bin/sh', args: ['sh', '-c', words] }];
  const pidOf = `busybox sed 's/.*"pid":\\([0-9]*\\).*/\\1/' > ${join(bundle.folder, 'init')}`;
  bundle.write(STAY, () => ({ hooks: { createRuntime: kill(`${pidOf}; kill -9 $PPID`) } }));
  assert.equal((await bundle.run('create', 'c')).code, null);
  const pid = Number(readFileSync(join(bundle.folder, 'init'), 'utf8'));
  assert.ok(pid > 1);
  await waitUntil('the end of the process', () => ['Z', undefined].includes(readProcessStat(pid)?.state));
  assert.equal((await bundle.state('c')).status, 'stopped');
  assert.equal((await bundle.run('create', 'c')).stderr, 'container with id exists: c\n');
  await bundle.must('delete', '--force', 'c');
  assert.deepEqual(await listLeft(bundle), []);
  assert.equal(existsSync(bundle.inRoot('began')), false);
});
