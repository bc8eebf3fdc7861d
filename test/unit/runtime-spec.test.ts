import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRuntimeSpec } from '../../src/engine/containers/runtime-spec.js';
import { type Donor, selectHostname } from '../../src/engine/containers/spec-namespaces.js';
import { toExecProcess } from '../../src/engine/containers/spec-process.js';
import { compileExecPlan, compileProbePlan } from '../../src/engine/isolation/exec-plan.js';
import { type ContainerBundle, compileInitPlan } from '../../src/engine/isolation/init-plan.js';
import type { Plan } from '../../src/engine/isolation/init-plan-encoding.js';
import type { MonitorSettings } from '../../src/engine/isolation/monitor-settings.js';
import { UNLIMITED } from '../../src/engine/isolation/rlimits.js';
import { formatRuntimeSpec } from '../../src/engine/isolation/spec-text.js';
import { mapGivenRange } from '../../src/engine/isolation/subordinate-ids.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { specInput } from '../support/runtime-spec-input.js';

const SETTINGS: MonitorSettings = { id: 'c1', stdin: 'none', cgroup: { v1: [], remove: [] } };

function specOf(config: Partial<ContainerConfig>, more = {}) {
  return makeRuntimeSpec(specInput(config, ['sh', '-c', 'true'], more));
}

function planOf(config: Partial<ContainerConfig>, bundle: Partial<ContainerBundle> = {}, more = {}): Plan {
  const spec = specOf(config, more);
  return compileInitPlan({ spec, init: false, cgroupHierarchies: [], ...bundle }, SETTINGS);
}

function donor(ipc: 'shareable' | 'private'): Donor {
  return { name: 'other', pid: 77, config: { image: 'x', namespaces: { ipc } }, isRemapped: false };
}

const wordsOf = (plan: Plan) => plan.operations.map(([word]) => word);

test('a default container has its own namespaces, fourteen capabilities, a filter, masks and read-only paths', () => {
  const spec = specOf({});
  assert.deepEqual(
    spec.linux.namespaces.map(({ type }) => type),
    ['mount', 'network', 'uts', 'pid', 'ipc', 'cgroup'],
  );
  assert.equal(spec.process.capabilities.effective.length, 14);
  assert.deepEqual(spec.process.capabilities.inheritable, []);
  assert.equal(spec.linux.seccomp?.defaultAction, 'SCMP_ACT_ERRNO');
  assert.ok(spec.linux.maskedPaths.includes('/proc/kcore'));
  assert.ok(spec.linux.readonlyPaths.includes('/proc/sys'));
  assert.deepEqual(spec.process.env, [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOSTNAME=tester',
    'HOME=/root',
  ]);
  assert.equal(spec.process.cwd, '/');
});

test('a privileged container has all capabilities, no filter, no masks and a writable /sys', () => {
  const input = specInput({ security: { privileged: true } }, ['sh']);
  const spec = makeRuntimeSpec(input);
  assert.equal(
    spec.process.capabilities.effective.length,
    input.host.capabilities.toString(2).replaceAll('0', '').length,
  );
  assert.equal(spec.linux.seccomp, undefined);
  assert.deepEqual([...spec.linux.maskedPaths, ...spec.linux.readonlyPaths], []);
  assert.ok(spec.mounts.find(({ destination }) => destination === '/sys')?.options.includes('rw'));
  assert.deepEqual(spec.linux.resources?.devices, [{ allow: true, access: 'rwm' }]);
});

test('the default filter lets a container with CAP_SYS_ADMIN mount', () => {
  const allows = (config: Partial<ContainerConfig>) =>
    specOf(config).linux.seccomp?.syscalls.some(({ names, args }) => names.includes('mount') && args === undefined);
  assert.equal(allows({}), false);
  assert.equal(allows({ security: { capAdd: ['SYS_ADMIN'] } }), true);
  assert.equal(specOf({ security: { seccomp: 'unconfined' } }).linux.seccomp, undefined);
  const own = specOf({ security: { seccomp: '{"defaultAction":"SCMP_ACT_LOG"}' } }).linux.seccomp;
  assert.equal(own?.defaultAction, 'SCMP_ACT_LOG');
});

test('mounts of the user replace those of the engine and stand from the root down', () => {
  const spec = specOf(
    { mounts: [{ type: 'tmpfs', target: '/dev/shm', sizeBytes: 1024 }] },
    {
      binds: [
        { source: '/b', target: '/data/deep', readOnly: true },
        { source: '/a', target: '/data' },
        { source: '/h', target: '/etc/hosts', propagation: 'rslave', nonRecursive: true, readOnly: true },
      ],
      files: { hostname: '/f/hostname', hosts: '/f/hosts', resolvConf: '/f/resolv' },
    },
  );
  const tail = spec.mounts.slice(6).map(({ source, destination, options }) => `${source} ${destination} ${options}`);
  assert.deepEqual(tail, [
    '/a /data rbind,rprivate',
    '/b /data/deep rbind,rro,rprivate',
    '/h /etc/hosts bind,ro,rslave',
    'tmpfs /dev/shm noexec,nosuid,nodev,size=1024',
    '/f/resolv /etc/resolv.conf rbind,rprivate',
    '/f/hostname /etc/hostname rbind,rprivate',
  ]);
  assert.equal(spec.linux.rootfsPropagation, 'rslave');
});

test('a mount on or below /proc is refused, but for the files of lxcfs', () => {
  const mount = (target: string) => specOf({}, { binds: [{ source: '/tmp', target }] });
  for (const target of ['/proc', '/proc/sys', '/proc/self/attr']) {
    assert.throws(() => mount(target), { message: `"${target}" cannot be mounted because it is inside /proc` });
  }
  assert.equal(mount('/proc/meminfo').mounts.at(-1)?.destination, '/proc/meminfo');
  assert.throws(() => mount('/'), { kind: 'invalid-argument' });
});

test('modes of namespaces are made, joined or left to the host', () => {
  const spec = specOf(
    { namespaces: { pid: 'host', uts: 'host', cgroup: 'host', network: 'container:other', ipc: 'container:other' } },
    { donors: { network: donor('shareable'), ipc: donor('shareable') } },
  );
  assert.deepEqual(spec.linux.namespaces, [
    { type: 'mount' },
    { type: 'network', path: '/proc/77/ns/net' },
    { type: 'ipc', path: '/proc/77/ns/ipc' },
  ]);
  assert.equal(spec.hostname, undefined);
  assert.deepEqual(spec.linux.sysctl, {});
  const shm = spec.mounts.find(({ destination }) => destination === '/dev/shm');
  assert.equal(shm?.source, '/proc/77/root/dev/shm');
  assert.ok(!specOf({ namespaces: { ipc: 'none' } }).mounts.some(({ destination }) => destination === '/dev/shm'));
});

test('modes that cannot be are refused in the words of Docker', () => {
  assert.throws(() => specOf({ namespaces: { ipc: 'container:other' } }, { donors: { ipc: donor('private') } }), {
    kind: 'conflict',
    message:
      "can't join IPC of container other: non-shareable IPC (hint: use IpcMode:shareable for the donor container)",
  });
  const idMaps = mapGivenRange('100000');
  assert.throws(() => specOf({ security: { privileged: true } }, { idMaps }), /privileged mode is incompatible/);
  assert.throws(() => specOf({ namespaces: { network: 'host' } }, { idMaps }), /cannot share the host's network/);
  const donors = { network: donor('private') };
  assert.throws(() => specOf({}, { idMaps, donors }), /cannot join the network namespace .* is not remapped/);
});

test("the host name is the one asked for, the host's, or the beginning of the id", () => {
  const id = 'abcdef0123456789';
  assert.equal(selectHostname(id, { image: 'x' }, 'big'), 'abcdef012345');
  assert.equal(selectHostname(id, { image: 'x', namespaces: { network: 'host' } }, 'big'), 'big');
  assert.equal(selectHostname(id, { image: 'x', hostname: 'web' }, 'big'), 'web');
});

test('the operations of a plan stand in the order that security needs', () => {
  const plan = planOf(
    { tty: true, hostname: 'h', sysctls: { 'net.ipv4.ip_forward': '1' }, security: { readOnlyRootfs: true } },
    {
      overlay: { lower: ['/l2', '/l1'], writable: { upper: '/c/upper', work: '/c/work' } },
      seccompProgram: Buffer.alloc(8),
    },
  );
  const words = wordsOf(plan).filter((word, index, all) => word !== all[index - 1]);
  assert.deepEqual(words, [
    'overlay',
    'mount',
    'device',
    'symlink',
    'console',
    'mask',
    'readonly',
    'pivot',
    'readonly-root',
    'hostname',
    'loopback',
    'sysctl',
    'keyring',
    'umask',
    'bounding',
    'directory',
    'user',
    'seccomp',
    'capabilities',
    'environment',
    'exec',
  ]);
  assert.deepEqual(plan.operations[0], ['overlay', '/c/upper', '/c/work', '', '/l2', '/l1']);
  assert.ok(plan.operations.some((operation) => operation.join() === 'sysctl,net/ipv4/ip_forward,1'));
  assert.deepEqual(plan.settings.at(-1), ['clone', 'mnt', 'net', 'uts', 'pid', 'ipc', 'cgroup']);
});

test('with no_new_privs the filter is the last thing before the program', () => {
  const plan = planOf({ security: { noNewPrivileges: true } }, { seccompProgram: Buffer.alloc(8), init: true });
  assert.deepEqual(wordsOf(plan).slice(-6), [
    'capabilities',
    'no-new-privileges',
    'seccomp',
    'init',
    'environment',
    'exec',
  ]);
});

test('on cgroup v1 every hierarchy is mounted below a read-only folder, without a namespace the own groups are bound', () => {
  const cgroupHierarchies = [
    { name: 'cpu,cpuacct', options: ['cpu', 'cpuacct'] },
    { name: 'systemd', options: ['name=systemd'] },
  ];
  const groups = (plan: Plan) =>
    plan.operations
      .filter((operation) => operation.join().includes('/sys/fs/cgroup'))
      .map((operation) => operation.join(' '));
  assert.deepEqual(groups(planOf({}, { cgroupHierarchies })), [
    'mount tmpfs tmpfs /sys/fs/cgroup nosuid,nodev,noexec,strict mode=755',
    'mount cgroup cgroup /sys/fs/cgroup/cpu,cpuacct nosuid,noexec,nodev,ro,strict cpu cpuacct',
    'mount cgroup cgroup /sys/fs/cgroup/systemd nosuid,noexec,nodev,ro,strict none name=systemd',
    'symlink cpu,cpuacct /sys/fs/cgroup/cpu',
    'symlink cpu,cpuacct /sys/fs/cgroup/cpuacct',
    'readonly /sys/fs/cgroup',
  ]);
  const spec = specOf({ namespaces: { cgroup: 'host' } });
  const v1 = ['/sys/fs/cgroup/systemd/gantry/c1'];
  const host = compileInitPlan({ spec, init: false, cgroupHierarchies }, { ...SETTINGS, cgroup: { v1, remove: [] } });
  assert.ok(
    groups(host).includes(
      'bind /sys/fs/cgroup/systemd/gantry/c1 /sys/fs/cgroup/systemd rec,nosuid,noexec,nodev,ro,rslave,strict',
    ),
  );
  assert.deepEqual(groups(planOf({}, { cgroupHierarchies: [] })), [
    'mount cgroup2 cgroup2 /sys/fs/cgroup nosuid,noexec,nodev,ro,strict',
  ]);
});

test('a remapped container has a user namespace with maps, and its own files are mapped too', () => {
  const files = { hostname: '/f/hostname', hosts: '/f/hosts', resolvConf: '/f/resolv' };
  const plan = planOf({}, {}, { idMaps: mapGivenRange('100000:65536'), files });
  const settings = plan.settings.map((setting) => setting.join(' '));
  assert.ok(settings.includes('uid-map 0 100000 65536\n') && settings.includes('gid-map 0 100000 65536\n'));
  assert.ok(settings.some((setting) => setting.startsWith('clone') && setting.endsWith(' user')));
  const hosts = plan.operations.find((operation) => operation[2] === '/etc/hosts');
  assert.deepEqual(hosts, ['bind', '/f/hosts', '/etc/hosts', 'rec,rprivate,idmap']);
});

test('an exec enters a process that must still be the same one, as the user it names', () => {
  const input = specInput({ env: { A: '1' }, workingDir: '/srv', oomScoreAdj: 5 }, ['init']);
  const exec = { command: ['id', '-u'], env: { B: '2' }, user: 'web', tty: true };
  const user = { uid: 7, gid: 8, additionalGids: [8, 9], home: '/home/web' };
  const process = toExecProcess({ ...input, user, availableCapabilities: input.host.capabilities }, exec);
  const plan = compileExecPlan({ process, target: { pid: 5, startTicks: 99 }, settings: SETTINGS });
  assert.deepEqual(plan.settings.at(-1), ['target', 5, 99]);
  assert.deepEqual(
    plan.operations.map((operation) => operation.join(' ')).filter((text) => !/^(bounding|capabilities)/.test(text)),
    [
      'keyring c1',
      'oom-score-adj 5',
      'umask 22',
      'directory /srv',
      'user 7 8 8 9',
      'environment PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOSTNAME=tester TERM=xterm A=1 B=2 HOME=/home/web',
      'exec id -u',
    ],
  );
  const all = toExecProcess({ ...input, user, availableCapabilities: 0xfn }, { ...exec, privileged: true });
  assert.equal(all.capabilities.effective.length, 4);
});

test('a health probe is a whole plan inside the setting', () => {
  const { process } = specOf({});
  const plan = compileProbePlan({ id: 'p', process, cgroup: { v1: ['/g'], v2: '/u', remove: ['/u'] } });
  assert.deepEqual(plan.settings, [
    ['id', 'p'],
    ['cgroup-v1', '/g'],
    ['cgroup-v2', '/u'],
  ]);
  const health = { intervalMs: 1, timeoutMs: 2, startPeriodMs: 3, startIntervalMs: 4, retries: 5, plan };
  const whole = compileInitPlan({ spec: specOf({}), init: false, cgroupHierarchies: [] }, { ...SETTINGS, health });
  const setting = whole.settings.find(([word]) => word === 'health');
  assert.deepEqual(setting?.slice(1, 6), [1, 2, 3, 4, 5]);
  assert.ok(setting?.[6] instanceof Uint8Array);
});

test('the text of a spec keeps numbers of 64 bits', () => {
  const spec = specOf({ ulimits: [{ name: 'core', soft: -1, hard: -1 }] });
  assert.deepEqual(spec.process.rlimits, [{ type: 'RLIMIT_CORE', soft: UNLIMITED, hard: UNLIMITED }]);
  assert.match(formatRuntimeSpec(spec), /"soft":18446744073709551615,"hard":18446744073709551615/);
});
