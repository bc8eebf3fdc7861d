import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInterfaces, parseMounts, parseRoutes } from '../../src/engine/isolation/surroundings.js';
import type { NamespaceType } from '../../src/model/namespace.js';
import { listUnusualRights } from '../../src/model/unusual-rights.js';

const ROUTES = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010011AC	0003	0	0	0	00000000	0	0	0
eth0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
eth1	0000090A	00000000	0001	0	0	0	00FFFFFF	0	0	0
`;
const DEVICES = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     100       2    0    0    0     0          0         0      100       2    0    0    0     0       0          0
  eth0:    1252      14    0    0    0     0          0         0      852       9    0    0    0     0       0          0
eth1:       7       1    0    0    0     0          0         0        0       0    0    0    0     0       0          0
`;
const TRIE = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.9.0.5
        /32 host LOCAL
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 172.17.0.2
        /32 host LOCAL
     |-- 172.17.255.255
        /32 link BROADCAST
Local:
     |-- 127.0.0.1
        /32 host LOCAL
`;
const IP6 =
  'fd000000000000000000000000000005 02 40 00 80     eth1\n00000000000000000000000000000001 01 80 10 80       lo\n';

test('addresses, which the kernel tells without their interface, are found by the routes', () => {
  const interfaces = parseInterfaces({ devices: DEVICES, trie: TRIE, ip6: IP6, table: parseRoutes(ROUTES) });
  assert.deepEqual(interfaces, [
    { name: 'lo', addresses: ['127.0.0.1/8', '::1/128'], receivedBytes: 100, sentBytes: 100 },
    { name: 'eth0', addresses: ['172.17.0.2/16'], receivedBytes: 1252, sentBytes: 852 },
    { name: 'eth1', addresses: ['10.9.0.5/24', 'fd00::5/64'], receivedBytes: 7, sentBytes: 0 },
  ]);
});

test('a mount has its target with spaces, its own read-only flag, and what of the source is mounted', () => {
  const text = `22 1 0:20 / / rw,relatime - overlay overlay rw,lowerdir=/a\n23 22 8:1 /srv /data\\040two ro,nosuid shared:3 master:1 - ext4 /dev/sda1 rw\n`;
  assert.deepEqual(parseMounts(text), [
    { target: '/', fileSystem: 'overlay', source: 'overlay', root: '/', isReadOnly: false },
    { target: '/data two', fileSystem: 'ext4', source: '/dev/sda1', root: '/srv', isReadOnly: true },
  ]);
});

const SECURITY = {
  uid: 0,
  gid: 0,
  capabilities: { effective: ['CHOWN', 'KILL'], permitted: [], inheritable: [], bounding: [], ambient: [] },
  seccomp: 'filter',
  seccompFilters: 1,
  noNewPrivileges: false,
  uidMap: [],
  gidMap: [],
} as const;
const mount = (target: string, isReadOnly = false, source = 'proc', fileSystem = 'proc') => ({
  target,
  isReadOnly,
  source,
  fileSystem,
  root: '/',
});
const USUAL = [mount('/proc'), mount('/proc/sys', true)];
const none = new Set<NamespaceType>();

test('what Docker gives a container is nothing unusual', () => {
  assert.deepEqual(
    listUnusualRights({ security: SECURITY, hostNamespaces: new Set(['user', 'time']), mounts: USUAL }),
    [],
  );
});

test('what is unusual is said in plain words', () => {
  const effective = ['SYS_MODULE', 'NET_ADMIN'];
  const security = { ...SECURITY, seccomp: 'disabled', capabilities: { ...SECURITY.capabilities, effective } } as const;
  const mounts = [
    mount('/proc'),
    mount('/host', true, '/dev/vda1', 'ext4'),
    mount('/var/run/docker.sock', false, '/dev/vda1', 'ext4'),
  ];
  const said = listUnusualRights({ security, hostNamespaces: new Set(['net', 'pid']), mounts });
  assert.match(said.join('\n'), /can load kernel modules/);
  assert.match(said.join('\n'), /firewall of the host/);
  assert.match(said.join('\n'), /seccomp is off/);
  assert.match(said.join('\n'), /sees all processes of the host/);
  assert.match(said.join('\n'), /can read a whole disk of the host, \/dev\/vda1, at \/host/);
  assert.match(said.join('\n'), /can command a container engine through \/var\/run\/docker.sock/);
  assert.match(said.join('\n'), /can write the settings of the kernel in \/proc\/sys/);
  const own = listUnusualRights({ security, hostNamespaces: none, mounts: USUAL });
  assert.match(own.join('\n'), /firewall of its own network/);
});
