import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import { containerOperations, type LaunchFolder, makeLaunchFolder } from '../support/launch-driver.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');
const MAPPED: readonly PlanSetting[] = [
  ['clone', 'user', 'pid', 'net', 'ipc', 'mnt', 'uts', 'cgroup'],
  ['uid-map', '0 100000 65536\n'],
  ['gid-map', '0 200000 65536\n'],
];
let folder: LaunchFolder;

before(() => {
  folder = makeLaunchFolder();
});
after(() => folder.remove());

test('files of root are root’s inside a user namespace and stay unshifted on the disk', needs, async () => {
  writeFileSync(join(folder.layer, 'of-seven'), '');
  chownSync(join(folder.layer, 'of-seven'), 7, 8);
  const script =
    'id -u; stat -c %u:%g /bin/busybox /of-seven; true >/made; chmod 600 /of-seven; cat /proc/self/uid_map';
  const { output, failed } = await folder.run({
    settings: MAPPED,
    operations: containerOperations(folder.overlay(), ['sh', '-c', script]),
  });
  assert.equal(failed, undefined);
  assert.deepEqual(output.trim().split(/\s+/), ['0', '0:0', '7:8', '0', '100000', '65536']);
  const made = statSync(join(folder.upper, 'made'));
  assert.deepEqual([made.uid, made.gid], [0, 0]);
  const copied = statSync(join(folder.upper, 'of-seven'));
  assert.deepEqual([copied.uid, copied.gid, copied.mode & 0o777], [7, 8, 0o600]);
});

test('the process is an unprivileged user of the host', needs, async () => {
  const launch = folder.launch({
    settings: MAPPED,
    operations: containerOperations(folder.overlay(), ['sleep', '1000']),
  });
  const { started, failed } = await launch.started;
  assert.ok(started, JSON.stringify(failed));
  assert.match(
    readFileSync(`/proc/${started.pid}/status`, 'utf8'),
    /^Uid:\t100000\t100000\t.*\nGid:\t200000\t200000\t/m,
  );
  const inside = await folder.run({
    settings: [['target', started.pid, started.startTicks]],
    operations: [
      ['environment', 'PATH=/bin'],
      ['exec', 'id', '-u'],
    ],
  });
  assert.equal(inside.output, '0\n');
  launch.kill();
  await launch.ended;
});

test('devices work, a volume is mapped when asked, and limits of the host’s hands are set', needs, async () => {
  const volume = join(folder.path, 'mapped-volume');
  mkdirSync(volume);
  chownSync(volume, 5, 6);
  const script =
    'echo x >/dev/null && stat -c %t:%T /dev/null; true >/volume/made; stat -c %u /volume/made; cat /proc/self/oom_score_adj; stat -L -c %u /proc/self/fd/1';
  const { output, failed } = await folder.run({
    settings: MAPPED,
    operations: containerOperations(folder.overlay(), ['sh', '-c', script], {
      beforePivot: [['bind', volume, '/volume', 'rec,idmap']],
      afterPivot: [
        ['oom-score-adj', 321],
        ['sysctl', 'net/ipv4/ip_default_ttl', '79'],
        ['user', 5, 6],
      ],
    }),
  });
  assert.equal(failed, undefined);
  assert.equal(output, '1:3\n5\n321\n5\n');
  assert.equal(statSync(join(volume, 'made')).uid, 5);
});

test('a terminal works in a user namespace', needs, async () => {
  const { output, failed } = await folder.run({
    settings: [...MAPPED, ['terminal', 80, 24]],
    operations: containerOperations(folder.overlay(), ['sh', '-c', 'tty; stat -c %u /dev/pts/0'], {
      beforePivot: [['console', '/dev/console']],
      afterPivot: [['user', 9, 9]],
    }),
  });
  assert.equal(failed, undefined);
  assert.deepEqual(output.trim().split('\r\n'), ['/dev/pts/0', '9']);
});
