import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectCgroups } from '../../src/engine/isolation/cgroup/detect.js';

const HYBRID_MOUNTS = `31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
34 30 0:31 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 30 0:36 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
40 30 0:37 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate`;

function detect(mountinfo: string, selfCgroup: string, writable: (directory: string) => boolean = () => true) {
  return detectCgroups({ mountinfo, selfCgroup, isWritable: writable, readControllers: () => 'hugetlb rdma' });
}

test('controllers on v1 beside a cgroup2 mount are hybrid, and those mounted together share a hierarchy', () => {
  const layout = detect(HYBRID_MOUNTS, '4:memory:/a\n1:cpu,cpuacct:/\n0::/\n');
  assert.equal(layout?.mode, 'hybrid');
  assert.deepEqual([...(layout?.v1.keys() ?? [])], ['cpu', 'cpuacct', 'memory', 'name=systemd']);
  assert.equal(layout?.v1.get('cpu')?.base, '/sys/fs/cgroup/cpu,cpuacct');
  assert.equal(layout?.v1.get('cpuacct')?.base, layout?.v1.get('cpu')?.base);
  assert.deepEqual(layout?.unified?.controllers, ['hugetlb', 'rdma']);
});

test('only cgroup2, even with a named v1 hierarchy, is v2', () => {
  const mounts = `30 22 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
31 22 0:28 / /sys/fs/cgroup\\040x rw - cgroup cgroup rw,name=openrc`;
  const layout = detect(mounts, '0::/user.slice\n');
  assert.equal(layout?.mode, 'v2');
  assert.equal(layout?.unified?.base, '/sys/fs/cgroup');
});

test('where the root is not writable, groups go below our own, counted from what is mounted', () => {
  const mounts = `34 30 0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
35 30 0:32 / /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids`;
  const layout = detect(mounts, '4:memory:/docker/abc/inner\n5:pids:/user:1\n', () => false);
  assert.equal(layout?.mode, 'v1');
  assert.equal(layout?.v1.get('memory')?.base, '/sys/fs/cgroup/memory/inner');
  assert.equal(layout?.v1.get('pids')?.base, '/sys/fs/cgroup/pids/user:1');
});

test('a host without cgroups has no layout', () => {
  assert.equal(detect('22 1 0:1 / / rw - ext4 /dev/vda rw', ''), undefined);
});
