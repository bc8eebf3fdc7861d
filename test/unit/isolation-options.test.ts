import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatHostname, formatHosts, formatResolvConf } from '../../src/engine/containers/container-files.js';
import { findDevices, listHostDevices, toDeviceRules } from '../../src/engine/isolation/devices.js';
import { parseHierarchies } from '../../src/engine/isolation/host-facts.js';
import { toRlimits, UNLIMITED } from '../../src/engine/isolation/rlimits.js';
import { checkSysctls, toSysctlPath } from '../../src/engine/isolation/sysctls.js';
import { mergeTmpfsOptions } from '../../src/engine/isolation/tmpfs-options.js';

const OWN = { ipc: true, network: true, uts: true };

test('kernel parameters of the own namespaces may be set and no others', () => {
  const allowed = [
    'kernel.shmmax',
    'fs.mqueue.msg_max',
    'net.ipv4.ip_forward',
    'net/ipv4/conf/eth0.1/forwarding',
    'kernel.domainname',
  ];
  checkSysctls(Object.fromEntries(allowed.map((name) => [name, '1'])), OWN);
  const refuses = (name: string, message: string, own = OWN) =>
    assert.throws(() => checkSysctls({ [name]: '1' }, own), { kind: 'invalid-argument', message });
  refuses('kernel.core_pattern', 'sysctl "kernel.core_pattern" is not in a separate kernel namespace');
  refuses('vm.swappiness', 'sysctl "vm.swappiness" is not in a separate kernel namespace');
  refuses(
    'kernel/shmmax/../core_pattern',
    'sysctl "kernel/shmmax/../core_pattern" is not a name of a kernel parameter',
  );
  refuses('net..', 'sysctl "net.." is not a name of a kernel parameter');
  refuses('net.core.somaxconn', 'sysctl "net.core.somaxconn" not allowed in host network namespace', {
    ...OWN,
    network: false,
  });
  refuses('kernel.sem', 'sysctl "kernel.sem" is not allowed in the hosts ipc namespace', { ...OWN, ipc: false });
});

test('a name of a kernel parameter becomes a path by its first separator', () => {
  assert.equal(toSysctlPath('net.ipv4.conf.eth0/1.forwarding'), 'net/ipv4/conf/eth0.1/forwarding');
  assert.equal(toSysctlPath('net/ipv4/conf/eth0.1/forwarding'), 'net/ipv4/conf/eth0.1/forwarding');
});

test('tmpfs options begin safe, and the last of two that contradict each other stays', () => {
  assert.deepEqual(mergeTmpfsOptions([]), ['noexec', 'nosuid', 'nodev']);
  assert.deepEqual(mergeTmpfsOptions(['rw,exec,size=1m', 'size=2m', 'ro', 'mode=1777', 'defaults']), [
    'nosuid',
    'nodev',
    'exec',
    'size=2m',
    'ro',
    'mode=1777',
  ]);
  assert.throws(() => mergeTmpfsOptions(['bind']), { message: 'invalid tmpfs option ["bind"]' });
  assert.throws(() => mergeTmpfsOptions(['size']), { message: 'invalid tmpfs option ["size"]' });
});

test('limits of processes are named as the spec names them', () => {
  const [nofile] = toRlimits([{ name: 'nofile', soft: 10, hard: -1 }]);
  assert.deepEqual(nofile, { type: 'RLIMIT_NOFILE', soft: 10, hard: UNLIMITED });
  assert.throws(() => toRlimits([{ name: 'files', soft: 1, hard: 1 }]), { message: 'invalid ulimit type: files' });
  assert.throws(() => toRlimits([{ name: 'core', soft: -1, hard: 1 }]), /ulimit soft limit must be less than or equal/);
});

test('a device is looked up on the host, a folder gives all its nodes', () => {
  const [zero] = findDevices([{ hostPath: '/dev/zero', containerPath: '/dev/nought', permissions: 'r' }]);
  assert.deepEqual(
    { ...zero?.device, fileMode: 0 },
    { type: 'c', path: '/dev/nought', major: 1, minor: 5, fileMode: 0, uid: 0, gid: 0 },
  );
  assert.equal(zero?.access, 'r');
  const refuses = (hostPath: string, why: string) =>
    assert.throws(() => findDevices([{ hostPath, containerPath: hostPath, permissions: 'rwm' }]), {
      message: `error gathering device information while adding custom device "${hostPath}": ${why}`,
    });
  refuses('/dev/gantry-none', 'no such file or directory');
  refuses('/etc/passwd', 'not a device node');
  const all = listHostDevices().map(({ device }) => device.path);
  assert.ok(all.includes('/dev/null'));
  assert.ok(!all.some((path) => path.startsWith('/dev/pts/')));
});

test('device rules deny all, allow what every container has, and add what was granted', () => {
  const rules = toDeviceRules([], ['c 42:* rm'], false);
  assert.deepEqual(rules[0], { allow: false, access: 'rwm' });
  assert.deepEqual(rules.at(-1), { allow: true, type: 'c', major: 42, access: 'rm' });
  assert.deepEqual(toDeviceRules([], [], true), [{ allow: true, access: 'rwm' }]);
});

test('the hierarchies of cgroup v1 are read with the options that name them', () => {
  const line = (path: string, type: string, options: string) =>
    `31 30 0:26 / ${path} rw,relatime shared:9 - ${type} x ${options}\n`;
  const text =
    line('/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'rw,cpu,cpuacct') +
    line('/sys/fs/cgroup/systemd', 'cgroup', 'rw,xattr,release_agent=/x,name=systemd') +
    line('/sys/fs/cgroup/unified', 'cgroup2', 'rw,nsdelegate') +
    line('/elsewhere/memory', 'cgroup', 'rw,memory');
  assert.deepEqual(parseHierarchies(text), [
    { name: 'cpu,cpuacct', options: ['cpu', 'cpuacct'] },
    { name: 'systemd', options: ['name=systemd'] },
  ]);
});

test("/etc/hosts has Docker's lines, extra hosts and the container's own addresses", () => {
  const text = formatHosts({
    hostname: 'web',
    domainname: 'example.org',
    addresses: ['172.17.0.2'],
    extraHosts: ['db:10.0.0.1', 'gw:host-gateway', 'six:[::5]'],
    gateway: '172.17.0.1',
  });
  assert.equal(
    text,
    '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\n' +
      'ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n10.0.0.1\tdb\n172.17.0.1\tgw\n::5\tsix\n172.17.0.2\tweb.example.org web\n',
  );
  assert.equal(formatHosts({ hostname: 'x', addresses: [], extraHosts: [], hostText: '1.2.3.4 a' }), '1.2.3.4 a\n');
  assert.throws(() => formatHosts({ hostname: 'x', addresses: [], extraHosts: ['a:nowhere'] }), /invalid IP address/);
});

test("/etc/resolv.conf is the host's without servers that cannot be reached from the container", () => {
  const hostText =
    '# made by hand\nnameserver 127.0.0.53\nnameserver 10.0.0.2\nnameserver fd00::2\nsearch example.org\noptions ndots:2\n';
  const input = { hostText, nameservers: [], isHostNetwork: false, hasIpv6: false };
  const kept = '# made by hand\nnameserver 10.0.0.2\nsearch example.org\noptions ndots:2\n';
  assert.equal(formatResolvConf(input), kept);
  assert.equal(formatResolvConf({ ...input, hasIpv6: true }), kept.replace('0.2\n', '0.2\nnameserver fd00::2\n'));
  assert.equal(formatResolvConf({ ...input, isHostNetwork: true }), hostText);
  for (const text of ['nameserver ::1', 'nameserver fd00::2\n', '']) {
    assert.equal(formatResolvConf({ ...input, hostText: text }), 'nameserver 8.8.8.8\nnameserver 8.8.4.4\n');
  }
});

test('/etc/resolv.conf has what is asked for, and the rest is of the host', () => {
  const hostText = '# made by hand\nnameserver 127.0.0.53\nsearch example.org\noptions timeout:2\n';
  const input = { hostText, nameservers: ['1.1.1.1'], isHostNetwork: false, hasIpv6: false };
  assert.equal(formatResolvConf(input), 'nameserver 1.1.1.1\nsearch example.org\noptions timeout:2\n');
  const resolver = { ...input, nameservers: ['127.0.0.11'], search: ['.'], defaultOptions: ['ndots:0'] };
  assert.equal(formatResolvConf(resolver), 'nameserver 127.0.0.11\noptions timeout:2 ndots:0\n');
  const asked = { ...resolver, options: ['ndots:2', 'rotate'] };
  assert.equal(formatResolvConf(asked), 'nameserver 127.0.0.11\noptions ndots:2 rotate\n');
});

test('/etc/hostname is a line with the host name', () => {
  assert.equal(formatHostname('web'), 'web\n');
});
