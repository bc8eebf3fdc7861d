import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { PlanOperation, PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import { ALL_NAMESPACES, containerOperations, type LaunchFolder, makeLaunchFolder } from '../support/launch-driver.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');
const KINDS = ['pid', 'net', 'ipc', 'mnt', 'uts', 'cgroup', 'time', 'user'];
let folder: LaunchFolder;

before(() => {
  folder = makeLaunchFolder();
});
after(() => folder.remove());

async function startSleeper(settings: readonly PlanSetting[] = [ALL_NAMESPACES]) {
  const operations = containerOperations(folder.overlay(), ['sleep', '1000']);
  const launch = folder.launch({ settings, operations });
  const { started, failed } = await launch.started;
  assert.ok(started, JSON.stringify(failed));
  return {
    ...started,
    end: () => {
      launch.kill();
      return launch.ended;
    },
  };
}

function execute(...argv: string[]): PlanOperation[] {
  return [
    ['directory', '/'],
    ['environment', 'PATH=/bin'],
    ['exec', ...argv],
  ];
}

test('an exec is in every namespace of the container and counted by its pid namespace', needs, async () => {
  const container = await startSleeper();
  const script = `for kind in ${KINDS.join(' ')}; do readlink /proc/self/ns/$kind; done; ls -d /proc/[0-9]* | grep -c .`;
  const operations = execute('sh', '-c', script);
  const settings: PlanSetting[] = [['target', container.pid, container.startTicks]];
  const { output, exit } = await folder.run({ settings, operations });
  assert.deepEqual(exit, { exitCode: 0, signal: 0 });
  const expected = KINDS.map((kind) => readlinkSync(`/proc/${container.pid}/ns/${kind}`));
  assert.deepEqual(output.trim().split('\n').slice(0, KINDS.length), expected);
  await container.end();
});

test('the pid that is reported for an exec is the host’s', needs, async () => {
  const container = await startSleeper();
  const launch = folder.launch({
    settings: [['target', container.pid, container.startTicks]],
    operations: execute('sleep', '999'),
  });
  const { started } = await launch.started;
  assert.ok(started);
  assert.equal(readFileSync(`/proc/${started.pid}/cmdline`, 'utf8'), 'sleep\x00999\x00');
  assert.equal(statSync(`/proc/${started.pid}/ns/pid`).ino, statSync(`/proc/${container.pid}/ns/pid`).ino);
  launch.kill();
  await launch.ended;
  await container.end();
});

test('an exec with another start time than the process has is refused', needs, async () => {
  const container = await startSleeper();
  const settings: PlanSetting[] = [['target', container.pid, container.startTicks + 1]];
  const { failed } = await folder.run({ settings, operations: execute('true') });
  assert.deepEqual([failed?.operation, failed?.errno], ['target', 'ESRCH']);
  await container.end();
});

test('an exec with a terminal gets one of the container’s devpts', needs, async () => {
  const container = await startSleeper();
  const settings: PlanSetting[] = [
    ['target', container.pid, container.startTicks],
    ['terminal', 70, 20],
  ];
  const operations = execute('sh', '-c', 'tty; stty size; ls /dev/pts');
  const { output } = await folder.run({ settings, operations });
  assert.deepEqual(output.trim().split(/\s+/), ['/dev/pts/0', '20', '70', '0', 'ptmx']);
  await container.end();
});

test('a program that an exec does not find is reported as exec ENOENT', needs, async () => {
  const container = await startSleeper();
  const settings: PlanSetting[] = [['target', container.pid, container.startTicks]];
  const { failed } = await folder.run({ settings, operations: execute('nonesuch') });
  assert.deepEqual([failed?.operation, failed?.target, failed?.errno], ['exec', 'nonesuch', 'ENOENT']);
  await container.end();
});

test('a container joins the network and pid namespaces of another', needs, async () => {
  const container = await startSleeper();
  const joined = ['net', 'pid'];
  const settings: PlanSetting[] = [
    ['clone', 'ipc', 'mnt', 'uts', 'cgroup'],
    ...joined.map((kind): PlanSetting => ['join', kind, `/proc/${container.pid}/ns/${kind}`]),
  ];
  const other = makeLaunchFolder();
  const script = 'for kind in net pid uts; do readlink /proc/self/ns/$kind; done; cat /proc/1/cmdline';
  const operations = containerOperations(other.overlay(), ['sh', '-c', script]);
  const { output, failed } = await other.run({ settings, operations });
  other.remove();
  assert.equal(failed, undefined);
  const [net, pid, uts, first] = output.split('\n');
  assert.equal(net, readlinkSync(`/proc/${container.pid}/ns/net`));
  assert.equal(pid, readlinkSync(`/proc/${container.pid}/ns/pid`));
  assert.notEqual(uts, readlinkSync(`/proc/${container.pid}/ns/uts`));
  assert.equal(first, 'sleep\x001000\0');
  await container.end();
});

test(
  'a process is born into its cgroups, and an exec joins them',
  requires('root', 'overlay', 'cgroup-v1'),
  async () => {
    const name = basename(folder.path);
    const directories = ['memory', 'pids', 'freezer'].map((controller) => join('/sys/fs/cgroup', controller, name));
    const unified = join('/sys/fs/cgroup/unified', name);
    const settings: PlanSetting[] = [['cgroup-v1', ...directories]];
    if (existsSync('/sys/fs/cgroup/unified')) {
      settings.push(['cgroup-v2', unified]);
      directories.push(unified);
    }
    directories.forEach((directory) => void mkdirSync(directory));
    try {
      const container = await startSleeper([ALL_NAMESPACES, ...settings]);
      const target: PlanSetting = ['target', container.pid, container.startTicks];
      const { output } = await folder.run({
        settings: [target, ...settings],
        operations: execute('cat', '/proc/self/cgroup'),
      });
      // The namespace begins at the container's own cgroup.
      assert.match(output, /:memory:\/$/m);
      for (const directory of directories) {
        assert.equal(readFileSync(join(directory, 'cgroup.procs'), 'utf8'), `${container.pid}\n`);
      }
      await container.end();
    } finally {
      directories.forEach(removeCgroup);
    }
  },
);

function removeCgroup(directory: string): void {
  const deadline = Date.now() + 5000;
  while (existsSync(directory)) {
    try {
      rmdirSync(directory);
    } catch (error) {
      // The processes have been killed; the kernel takes a moment to let go of them.
      if (Date.now() > deadline) {
        throw error;
      }
    }
  }
}
