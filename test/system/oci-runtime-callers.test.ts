import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startDockerd } from '../../bench/peers/dockerd.js';
import { removeCgroups, unmountBelow } from '../../bench/peers/server-process.js';
import { GANTRY_ARGS } from '../support/gantry.js';
import type { Printed } from '../support/oci-bundle.js';
import { requires } from '../support/requires.js';
import { makeTestRoot } from '../support/test-image.js';

interface World {
  readonly folder: string;
  readonly tar: string;
  /** A program that is the runtime, with its states in `states`. */
  readonly runtime: string;
  readonly states: string;
  /** The last one is done first, and the folder is removed at the end. */
  after(undo: () => void | Promise<void>): void;
}

function makeWorld(t: TestContext): World {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-caller-'));
  const undos: (() => void | Promise<void>)[] = [];
  t.after(async () => {
    for (const undo of undos) await undo();
    unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  const [tar, runtime, states] = [join(folder, 'image.tar'), join(folder, 'gantry-runtime'), join(folder, 'states')];
  writeFileSync(tar, makeTestRoot());
  mkdirSync(states);
  const words = [process.execPath, ...GANTRY_ARGS, 'runtime', '--root', states];
  writeFileSync(runtime, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
  chmodSync(runtime, 0o755);
  return { folder, tar, runtime, states, after: (undo) => void undos.unshift(undo) };
}

function runProgram([program = '', ...words]: readonly string[], env?: NodeJS.ProcessEnv): Promise<Printed> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: 60_000 };
    execFile(program, words, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** Containers; what begins with a dot is the runtime's own. */
function listStates({ states }: World): readonly string[] {
  return readdirSync(states).filter((name) => !name.startsWith('.'));
}

const LIMITS = ['--memory', '64m', '--cpus', '0.5'];

const LOOK = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us; id -u; exit 5';

test(
  'podman runs, execs, limits and removes containers with the runtime',
  requires('root', 'cgroup-v1', 'overlay', 'command:podman', 'command:conmon', 'command:busybox'),
  async (t) => {
    const world = makeWorld(t);
    const { folder } = world;
    const config = join(folder, 'containers.conf');
    // Raising limits to the kernel's most is not possible everywhere.
    writeFileSync(config, '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]\n');
    const own = [
      ...['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp')],
      ...['--cgroup-manager', 'cgroupfs', '--runtime', world.runtime],
    ];
    const podman = (...words: readonly string[]) =>
      runProgram(['podman', ...own, ...words], { CONTAINERS_CONF: config });
    const parent = `/${basename(folder)}`;
    const alone = ['--network', 'none', '--cgroup-parent', parent];
    world.after(() => removeCgroups(parent));
    execFileSync('podman', [...own, 'import', world.tar, 'test'], {
      stdio: 'pipe',
      env: { ...process.env, CONTAINERS_CONF: config },
    });

    const first = ['--read-only', '--tmpfs', '/data', ...LIMITS];
    const ran = await podman('run', '--rm', ...alone, ...first, 'test', 'sh', '-c', `cat /data/seed; ${LOOK}`);
    assert.deepEqual([ran.code, ran.stdout], [5, `from the image\n${64 << 20}\n50000\n0\n`], ran.stderr);
    const missing = await podman('run', '--rm', ...alone, 'test', 'no-such-program');
    assert.deepEqual([missing.code, missing.stderr.includes('executable file not found in $PATH')], [127, true]);
    const maps = ['--uidmap', '0:100000:65536', '--gidmap', '0:100000:65536'];
    const mapped = await podman(
      'run',
      '--rm',
      '-t',
      ...alone,
      ...maps,
      'test',
      'sh',
      '-c',
      'cat /proc/self/uid_map; busybox tty',
    );
    const words = mapped.stdout.trim().split(/\s+/);
    assert.deepEqual([mapped.code, words], [0, ['0', '100000', '65536', '/dev/pts/0']], mapped.stderr);

    await podman('run', '-d', '--name', 'box', ...alone, 'test', 'sleep', '1000');
    const exec = await podman('exec', '-t', 'box', 'sh', '-c', 'busybox tty; exit 3');
    assert.deepEqual([exec.code, exec.stdout], [3, '/dev/pts/0\r\n'], exec.stderr);
    assert.equal((await podman('stop', '-t', '0', 'box')).code, 0);
    assert.equal(
      (await podman('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'box')).stdout,
      'exited 137\n',
    );
    assert.equal((await podman('rm', 'box')).code, 0);
    assert.deepEqual(listStates(world), []);
  },
);

test(
  'dockerd runs containers with the runtime, and its hook connects them',
  requires(
    'root',
    'cgroup-v1',
    'overlay',
    'command:dockerd',
    'command:docker',
    'command:containerd',
    'command:busybox',
  ),
  async (t) => {
    const world = makeWorld(t);
    const { folder } = world;
    const own = join(folder, 'd');
    mkdirSync(own);
    const config = { runtimes: { gantry: { path: world.runtime } } };
    const dockerd = await startDockerd(own, basename(folder), 'none', { config });
    assert.ok(dockerd);
    world.after(dockerd.close);
    const docker = (...words: readonly string[]) => runProgram([...dockerd.client, ...words]);
    await docker('import', world.tar, 'test');
    const alone = ['--runtime', 'gantry', '--network', 'none', '--ulimit', 'nofile=1024:1024'];
    const ran = await docker('run', '--rm', ...alone, ...LIMITS, 'test', 'sh', '-c', `ls /sys/class/net; ${LOOK}`);
    assert.deepEqual([ran.code, ran.stdout], [5, `lo\n${64 << 20}\n50000\n0\n`], ran.stderr);
    assert.equal((await docker('run', '--rm', ...alone, 'test', 'no-such-program')).code, 127);
    const started = await docker('run', '-d', '--name', 'box', ...alone, 'test', 'sleep', '1000');
    assert.equal(started.code, 0, started.stderr);
    const exec = await docker('exec', 'box', 'sh', '-c', 'cat /proc/1/cmdline; exit 3');
    assert.deepEqual([exec.code, exec.stdout], [3, 'sleep\x001000\0'], exec.stderr);
    assert.equal((await docker('update', '--memory', '80m', '--memory-swap', '160m', 'box')).code, 0);
    assert.equal((await docker('exec', 'box', 'sh', '-c', LOOK)).stdout.split('\n')[0], String(80 << 20));
    const pid = (await docker('inspect', '-f', '{{.State.Pid}}', 'box')).stdout.trim();
    // Its parent is the shim.
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1];
    assert.match(readFileSync(`/proc/${parent}/comm`, 'utf8'), /^containerd-shim/);
    assert.equal((await docker('rm', '-f', 'box')).code, 0);
  },
);
