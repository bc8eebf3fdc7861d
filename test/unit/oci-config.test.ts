import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkResources, readBundleConfig } from '../../src/engine/oci-runtime/bundle-config.js';
import { refuseConfig } from '../../src/engine/oci-runtime/refuse-config.js';
import { toLimits, toLimitsPatch } from '../../src/engine/oci-runtime/to-limits.js';
import { toMounts } from '../../src/engine/oci-runtime/to-mounts.js';
import { toRuntimeSpec } from '../../src/engine/oci-runtime/to-runtime-spec.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const NO_LABELS = { apparmor: false, selinux: false };

const LEAST = {
  ociVersion: '1.0.2',
  process: { user: { uid: 0, gid: 0 }, args: ['sh'], cwd: '/' },
  root: { path: 'rootfs' },
  linux: { namespaces: [{ type: 'mount' }] },
};

test('what a config asks for and there is not is refused by its name', (t) => {
  const path = join(makeTemporaryFolder(t), 'config.json');
  const refusalOf = (change: object): string => {
    writeFileSync(path, JSON.stringify({ ...LEAST, ...change }));
    try {
      const config = readBundleConfig(path);
      refuseConfig(config, NO_LABELS);
      toRuntimeSpec(config, '/bundle');
      return '';
    } catch (error) {
      return String(error instanceof Error ? error.message : error).replace(path, 'FILE');
    }
  };
  const linux = (more: object) => ({ linux: { ...LEAST.linux, ...more } });
  const end = 'is not supported by this runtime';
  const cases: readonly (readonly [object, string])[] = [
    [{}, ''],
    [{ unknownProperty: { a: 1 } }, ''],
    [linux({ intelRdt: {}, resources: { hugepageLimits: [], unified: {} } }), ''],
    [{ process: { ...LEAST.process, apparmorProfile: 'docker-default', selinuxLabel: 'x' } }, ''],
    [linux({ intelRdt: { closID: 'x' } }), `linux.intelRdt ${end}`],
    [
      linux({ resources: { hugepageLimits: [{ pageSize: '2MB', limit: 1 }] } }),
      `linux.resources.hugepageLimits ${end}`,
    ],
    [linux({ resources: { cpu: { burst: 100 } } }), `linux.resources.cpu.burst ${end}`],
    [linux({ personality: { domain: 'LINUX32' } }), `linux.personality LINUX32 ${end}`],
    [linux({ timeOffsets: { boottime: { secs: 5 } } }), `linux.timeOffsets ${end}`],
    [{ linux: { namespaces: [] } }, `linux.namespaces without a new mount namespace ${end}`],
    [{ hooks: { createContainer: [{ path: '/bin/true' }] } }, `hooks.createContainer ${end}`],
    [linux({ seccomp: { defaultAction: 'SCMP_ACT_NOTIFY' } }), `the seccomp action SCMP_ACT_NOTIFY ${end}`],
    [
      linux({ seccomp: { defaultAction: 'SCMP_ACT_ALLOW', flags: ['SECCOMP_FILTER_FLAG_LOG'] } }),
      `linux.seccomp.flags SECCOMP_FILTER_FLAG_LOG ${end}`,
    ],
    [
      { mounts: [{ destination: '/x', type: 'bind', source: '/', options: ['idmap'] }] },
      `the mount option "idmap" of /x ${end}`,
    ],
    [{ hostname: 'x' }, 'unable to set hostname without a private UTS namespace'],
    [{ process: { ...LEAST.process, args: [] } }, 'cannot read FILE: process.args: '],
    [{ process: { ...LEAST.process, cwd: 'tmp' } }, 'cannot read FILE: process.cwd: must be an absolute path'],
    [linux({ sysctl: { 'kernel.panic': '1' } }), 'sysctl "kernel.panic" is not in a separate kernel namespace'],
  ];
  for (const [change, expected] of cases) {
    const refusal = refusalOf(change);
    assert.ok(expected === '' ? refusal === '' : refusal.startsWith(expected), `${JSON.stringify(change)}: ${refusal}`);
  }
});

test('labels are refused where the host has what they are for', (t) => {
  const path = join(makeTemporaryFolder(t), 'config.json');
  writeFileSync(path, JSON.stringify({ ...LEAST, process: { ...LEAST.process, apparmorProfile: 'docker-default' } }));
  const config = readBundleConfig(path);
  assert.throws(
    () => refuseConfig(config, { apparmor: true, selinux: false }),
    /process.apparmorProfile is not supported/,
  );
});

test('numbers of 64 bits in a filter keep every digit, and null is what was not given', (t) => {
  const path = join(makeTemporaryFolder(t), 'config.json');
  const text = JSON.stringify({ ...LEAST, hostname: null, linux: { ...LEAST.linux, seccomp: 'HERE' } });
  const call =
    '{"names":["clone"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":18446744073709551613,"op":"SCMP_CMP_EQ"}]}';
  writeFileSync(
    path,
    text.replace('"HERE"', `{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86"],"syscalls":[${call}]}`),
  );
  const { hostname, linux } = toRuntimeSpec(readBundleConfig(path), '/bundle');
  assert.equal(hostname, undefined);
  assert.equal(linux.seccomp?.syscalls[0]?.args?.[0]?.value, 18446744073709551613n);
  assert.equal(linux.seccomp?.architectures.length, 2);
});

test('limits are those of the spec: 0 is not said, -1 lifts', () => {
  const resources = checkResources({
    memory: { limit: 1 << 26, kernel: 5 },
    cpu: { shares: 0, quota: -1, cpus: '' },
    pids: { limit: 0 },
    blockIO: { throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 100 }] },
  });
  const rates = { deviceReadBps: [{ path: '/8:0', rate: 100 }] };
  assert.deepEqual(toLimits(resources), { memoryBytes: 1 << 26, memorySwapBytes: 'unlimited', ...rates });
  assert.deepEqual(toLimitsPatch(resources), { memoryBytes: 1 << 26, cpuQuotaUs: null, pidsMax: null, ...rates });
});

test('mounts keep their flags, and lose words that say what is anyway', () => {
  const mounts = [
    { destination: '/a', source: 'data', options: ['rbind', 'ro', 'rprivate', 'relatime', 'noatime'] },
    { destination: 'b', type: 'tmpfs', source: 'tmpfs', options: ['rw', 'rprivate', 'nosuid', 'size=1m', 'tmpcopyup'] },
  ];
  assert.deepEqual(toMounts(mounts, '/bundle'), [
    { destination: '/a', type: 'bind', source: '/bundle/data', options: ['rbind', 'ro', 'rprivate', 'noatime'] },
    { destination: '/b', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'size=1m', 'copy-up'] },
  ]);
});

test('without capabilities there are none, and an ambient one must be inheritable', (t) => {
  const path = join(makeTemporaryFolder(t), 'config.json');
  const toSets = (capabilities: object) => {
    writeFileSync(path, JSON.stringify({ ...LEAST, process: { ...LEAST.process, ...capabilities } }));
    return toRuntimeSpec(readBundleConfig(path), '/bundle').process.capabilities;
  };
  const none = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] };
  assert.deepEqual(toSets({}), none);
  const [kill, chown] = ['CAP_KILL', 'CAP_CHOWN'];
  assert.deepEqual(
    toSets({ capabilities: { permitted: [kill, 'CAP_NO_SUCH'], inheritable: [chown], ambient: [kill, chown] } }),
    {
      ...none,
      permitted: [kill],
      inheritable: [chown],
      ambient: [chown],
    },
  );
});
