import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CgroupLayout } from '../../src/engine/isolation/cgroup/detect.js';
import { listCgroupCapabilities } from '../../src/engine/isolation/cgroup-capabilities.js';
import { readHostCapabilities } from '../../src/engine/isolation/host-capabilities.js';
import { type HostProbe, probeHost } from '../../src/engine/isolation/host-probe.js';

const bareHost: HostProbe = {
  uid: 1000,
  kernel: [5, 4],
  kernelRelease: '5.4.0',
  isInUserNamespace: false,
  findCommand: () => undefined,
  exists: () => false,
  read: () => undefined,
  readKernelOption: () => undefined,
  isStaticProgram: () => false,
};

test('a host that has nothing is told what each lack costs, the required ones first', () => {
  // Cgroups are those of the host that runs the test.
  const list = readHostCapabilities(bareHost).filter(({ name }) => !/cgroup/.test(name) || name === 'namespace cgroup');
  for (const { name, status, cost } of list) {
    assert.notEqual(status, 'available', name);
    assert.ok(cost, name);
  }
  const required = list.map((capability) => capability.required);
  assert.deepEqual(
    required,
    [...required].sort((a, b) => Number(b) - Number(a)),
  );
  for (const name of ['root', 'namespace pid', 'clone3, openat2, pidfd']) {
    assert.ok(list.find((capability) => capability.name === name)?.required, name);
  }
});

test('this host’s capabilities are read within 50 ms, each name once', () => {
  readHostCapabilities();
  const startedAt = process.cpuUsage();
  const list = readHostCapabilities();
  const { user, system } = process.cpuUsage(startedAt);
  assert.ok(user + system < 50_000, `${user + system} µs of CPU`);
  const names = list.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  for (const { status, cost, name } of list) assert.equal(status === 'available', cost === undefined, name);
});

test('a limit of zero namespaces is as good as none', () => {
  const probe = { ...probeHost(), read: (path: string) => (/max_user/.test(path) ? '0\n' : undefined) };
  const user = readHostCapabilities(probe).find(({ name }) => name === 'namespace user');
  assert.equal(user?.status, 'missing');
  assert.match(user?.detail ?? '', /user\.max_user_namespaces is 0/);
});

test('device rules are there by v1, by a program where v1 has none, and not without CONFIG_CGROUP_BPF', () => {
  const place = { mountPoint: '/c', base: '/c' };
  const unified = { ...place, controllers: [] };
  const v2 = { mode: 'v2', v1: new Map(), unified } as const;
  const describe = (layout: CgroupLayout, probe: Partial<HostProbe>) => {
    const list = listCgroupCapabilities({ ...bareHost, ...probe }, layout);
    const { status, detail } = list.find(({ name }) => name === 'cgroup devices') ?? {};
    return [status, detail];
  };
  const hybrid = { mode: 'hybrid', v1: new Map([['devices', place]]), unified } as const;
  assert.deepEqual(describe(hybrid, {}), ['available', 'v1 at /c']);
  const known: Partial<HostProbe> = { readKernelOption: () => 'y' };
  assert.deepEqual(describe(v2, known), ['available', 'v2 at /c, by a BPF program']);
  assert.deepEqual(describe({ mode: 'hybrid', v1: new Map(), unified }, known)[0], 'available');
  assert.deepEqual(describe(v2, { readKernelOption: () => 'unknown' })[0], 'limited');
  assert.deepEqual(describe(v2, {}), ['missing', 'the kernel has no CONFIG_CGROUP_BPF']);
  const inside = describe(v2, { ...known, isInUserNamespace: true });
  assert.deepEqual(inside, ['missing', 'a user namespace may load no BPF program']);
});

test('rules of networks are by nf_tables, by iptables, or by nothing', () => {
  const describe = (probe: Partial<HostProbe>) => {
    const firewall = readHostCapabilities({ ...bareHost, ...probe }).find(({ name }) => name === 'firewall');
    return [firewall?.status, firewall?.detail];
  };
  const findCommand = (name: string) => (name === 'iptables' ? '/sbin/iptables' : undefined);
  assert.deepEqual(describe({ readKernelOption: () => 'm' }), ['available', 'nf_tables in the kernel: m']);
  assert.deepEqual(describe({ readKernelOption: () => 'unknown', findCommand })[0], 'limited');
  assert.deepEqual(describe({ findCommand }), ['limited', '/sbin/iptables, no nf_tables']);
  assert.deepEqual(describe({}), ['missing', 'no nf_tables, no iptables']);
});

test('a program is static when it asks for no interpreter', () => {
  const probe = probeHost();
  assert.equal(probe.isStaticProgram(process.execPath), false);
  assert.equal(probe.isStaticProgram('/etc/passwd'), false);
});
