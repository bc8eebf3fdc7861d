import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ALL_NAMESPACES, containerOperations, type LaunchFolder, makeLaunchFolder } from '../support/launch-driver.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');
let folder: LaunchFolder;

before(() => {
  folder = makeLaunchFolder();
});
after(() => folder.remove());

test('the first process has namespaces of its own and the root of the overlay', needs, async () => {
  const kinds = ['pid', 'net', 'ipc', 'mnt', 'uts', 'cgroup', 'time'];
  const script = `for kind in ${kinds.join(' ')}; do readlink /proc/self/ns/$kind; done; cat /proc/sys/kernel/hostname`;
  const operations = containerOperations(folder.overlay(), ['sh', '-c', script], {
    afterPivot: [['hostname', 'thirteen'], ['loopback']],
  });
  const result = await folder.run({ settings: [ALL_NAMESPACES], operations });
  assert.deepEqual(result.exit, { exitCode: 0, signal: 0 });
  const lines = result.output.trim().split('\n');
  assert.equal(lines.pop(), 'thirteen');
  assert.equal(lines.length, kinds.length);
  kinds.forEach((kind, index) => {
    assert.notEqual(lines[index], readlinkSync(`/proc/self/ns/${kind}`), kind);
  });
});

test('a stack of 120 layers is one root, the topmost first', needs, async () => {
  const lower = Array.from({ length: 120 }, (_, index) => {
    const path = join(
      folder.path,
      'a-folder-with-a-name-that-makes-the-options-long'.padEnd(60, '-'),
      `layer-${index}`,
    );
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'topmost'), `${index}\n`);
    writeFileSync(join(path, `only-${index}`), '');
    return path;
  });
  const operations = containerOperations(folder.overlay([...lower, folder.layer]), [
    'sh',
    '-c',
    'cat /topmost; ls -d /only-* | grep -c .',
  ]);
  const result = await folder.run({ settings: [ALL_NAMESPACES], operations });
  assert.equal(result.output, '0\n120\n');
});

test('a layer whose path is too long for a mount option is used all the same', needs, async () => {
  const deep = join(folder.path, ...Array.from({ length: 6 }, (_, index) => `${index}`.repeat(60)));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, 'deep'), 'found\n');
  const operations = containerOperations(folder.overlay([deep, folder.layer]), ['cat', '/deep']);
  assert.equal((await folder.run({ settings: [ALL_NAMESPACES], operations })).output, 'found\n');
});

test('a layer alone and no upper folder: a root that cannot be written', needs, async () => {
  const mountpoints = ['proc', 'sys', 'dev', 'dev/pts'];
  for (const name of mountpoints) {
    mkdirSync(join(folder.layer, name), { recursive: true });
  }
  const operations = containerOperations(
    ['overlay', '', '', '', folder.layer],
    ['sh', '-c', 'true 2>/dev/null >/x || cat /proc/self/mounts'],
  );
  const result = await folder.run({ settings: [ALL_NAMESPACES], operations });
  assert.match(result.output, / \/ ext4 ro|^\S+ \/ \S+ ro/m);
});

test(
  'an operation that fails is reported by its word, target and errno, with what the file system said',
  needs,
  async () => {
    const operations = containerOperations(folder.overlay(), ['true'], {
      beforePivot: [['mount', 'tmpfs', 'tmpfs', '/data', '', 'colour=blue']],
    });
    const { failed, exit } = await folder.run({ settings: [ALL_NAMESPACES], operations });
    assert.equal(exit, undefined);
    assert.deepEqual(failed, {
      operation: 'mount',
      target: '/data',
      errno: 'EINVAL',
      message: "tmpfs does not take the option colour=blue: tmpfs: Unknown parameter 'colour'",
    });
  },
);

test('a program that is missing, or is none, is told apart by errno', needs, async () => {
  writeFileSync(join(folder.layer, 'bin/text'), 'no program\n', { mode: 0o755 });
  writeFileSync(join(folder.layer, 'bin/closed'), '', { mode: 0o644 });
  const expected = {
    nonesuch: 'ENOENT',
    text: 'ENOEXEC',
    closed: 'EACCES',
    '/bin': 'EACCES',
    '/bin/true/x': 'ENOTDIR',
  };
  for (const [program, errno] of Object.entries(expected)) {
    const operations = containerOperations(folder.overlay(), [program]);
    const { failed } = await folder.run({ settings: [ALL_NAMESPACES], operations });
    assert.deepEqual([failed?.operation, failed?.target, failed?.errno], ['exec', program, errno]);
  }
});

test('the source of a bind that is missing fails before anything is started', needs, async () => {
  const operations = containerOperations(folder.overlay(), ['true'], {
    beforePivot: [['bind', join(folder.path, 'nonesuch'), '/mnt', 'rec']],
  });
  const { failed, started } = await folder.run({ settings: [ALL_NAMESPACES], operations });
  assert.equal(started, undefined);
  assert.deepEqual([failed?.operation, failed?.errno], ['bind', 'ENOENT']);
});

test('a bind makes its target, follows links inside the root only, and is read-only when asked', needs, async () => {
  const shared = join(folder.path, 'shared');
  mkdirSync(shared);
  writeFileSync(join(shared, 'file'), 'content\n');
  const operations = containerOperations(
    folder.overlay(),
    ['sh', '-c', 'cat /etc/name /srv/data/file; echo more >>/srv/data/file || echo refused'],
    {
      beforePivot: [
        ['symlink', '../outside/of/nothing', '/etc/name'],
        ['bind', join(shared, 'file'), '/etc/name', 'ro'],
        ['bind', shared, '/srv/data', 'rec,ro'],
      ],
    },
  );
  const result = await folder.run({ settings: [ALL_NAMESPACES], operations });
  assert.equal(result.output, 'content\ncontent\nrefused\n');
  assert.equal(readFileSync(join(folder.upper, 'outside/of/nothing'), 'utf8'), '');
});

test('a sysctl of the container is written and the host keeps its own', needs, async () => {
  const host = readFileSync('/proc/sys/net/ipv4/ip_default_ttl', 'utf8');
  const operations = containerOperations(folder.overlay(), ['cat', '/proc/sys/net/ipv4/ip_default_ttl'], {
    afterPivot: [['sysctl', 'net/ipv4/ip_default_ttl', '77']],
  });
  assert.equal((await folder.run({ settings: [ALL_NAMESPACES], operations })).output, '77\n');
  assert.equal(readFileSync('/proc/sys/net/ipv4/ip_default_ttl', 'utf8'), host);
});

test('a limit above the hard limit at hand is clamped, one below is set', needs, async () => {
  const hard = /Max file size +\S+ +(\S+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const most = /Max open files +\S+ +(\S+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const limits = async (nofile: number) => {
    const operations = containerOperations(folder.overlay(), ['cat', '/proc/self/limits'], {
      afterPivot: [
        ['rlimit', 'nofile', nofile, nofile],
        ['rlimit', 'fsize', 'unlimited', 'unlimited'],
      ],
    });
    return (await folder.run({ settings: [ALL_NAMESPACES], operations })).output;
  };
  assert.match(await limits(100), /Max open files +100 +100 /);
  // More than the kernel lets anybody have.
  assert.match(await limits(2 ** 31), new RegExp(`Max open files +${most} +${most} `));
  assert.match(await limits(100), new RegExp(`Max file size +${hard} +${hard} `));
});

test('with init the program is a child of pid 1, which takes its exit status and reaps', needs, async () => {
  const operations = containerOperations(folder.overlay(), ['sh', '-c', 'echo $$; (sleep 0 &); kill -9 $$'], {
    afterPivot: [['init']],
  });
  const result = await folder.run({ settings: [ALL_NAMESPACES], operations });
  assert.equal(result.output, '2\n');
  assert.deepEqual(result.exit, { exitCode: 137, signal: 0 });
});

test('the terminal is of the container, has the size of the plan and is its controlling one', needs, async () => {
  const script = 'tty; stty size; echo spoken >/dev/tty; readlink /proc/self/fd/0; stat -c %t:%T /dev/console';
  const operations = containerOperations(folder.overlay(), ['sh', '-c', script], {
    beforePivot: [
      ['device', '/dev/tty', 'c', 5, 0, '666', 0, 0],
      ['console', '/dev/console'],
    ],
  });
  const result = await folder.run({ settings: [ALL_NAMESPACES, ['terminal', 91, 17]], operations });
  assert.deepEqual(result.output.trim().split('\r\n'), ['/dev/pts/0', '17 91', 'spoken', '/dev/pts/0', '88:0']);
});

test('the process dies when the one that launched it is killed', needs, async () => {
  const launch = folder.launch({
    settings: [ALL_NAMESPACES],
    operations: containerOperations(folder.overlay(), ['sleep', '1000']),
  });
  const { started } = await launch.started;
  assert.ok(started);
  launch.kill();
  await launch.ended;
  const deadline = Date.now() + 5000;
  while (isRunning(started.pid)) {
    assert.ok(Date.now() < deadline, 'the process outlives its parent');
    await new Promise(setImmediate);
  }
});

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
