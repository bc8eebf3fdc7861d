import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findDevices, listHostDevices } from '../../src/engine/isolation/devices.js';
import { readHostFacts } from '../../src/engine/isolation/host-facts.js';
import { listDescendants, readProcessSecurity } from '../../src/engine/isolation/namespaces.js';
import { mapGivenRange } from '../../src/engine/isolation/subordinate-ids.js';
import { resolveUser } from '../../src/engine/isolation/users.js';
import { isProcessAlive } from '../../src/platform/proc.js';
import { type ContainerOptions, runContainer, StartError, startContainer } from '../support/isolated-container.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');
const KINDS = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts'];
const REMAPPED: ContainerOptions = { spec: { idMaps: mapGivenRange('200000:65536') } };

/** The lines of what a script of sh writes in a container. */
async function linesOf(t: TestContext, script: string, options: ContainerOptions = {}): Promise<readonly string[]> {
  const { stdout, stderr } = await runContainer(t, ['sh', '-c', script], options);
  return `${stdout}${stderr}`.trimEnd().split('\n');
}

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-isolation-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

for (const [name, options] of [
  ['a default container', {}],
  ['a container with remapped ids', REMAPPED],
] as const) {
  test(`${name} says what it wrote and how it ended`, needs, async (t) => {
    const { stdout, stderr, exit } = await runContainer(t, ['sh', '-c', 'echo out; echo err >&2; exit 3'], options);
    assert.deepEqual([stdout, stderr], ['out\n', 'err\n']);
    assert.deepEqual(exit, { exitCode: 3, signal: 0, oomKilled: false });
  });

  test(`${name} has a pid 1, a host name and every namespace of its own`, needs, async (t) => {
    const container = await startContainer(t, ['sh', '-c', 'read line'], { ...options, stdin: 'open' });
    const { pid } = container.init;
    const own = name.includes('remapped') ? [...KINDS, 'user'] : KINDS;
    for (const kind of own) {
      assert.notEqual(readlinkSync(`/proc/${pid}/ns/${kind}`), readlinkSync(`/proc/self/ns/${kind}`), kind);
    }
    const { stdout } = await container.exec({
      command: ['sh', '-c', 'set -- /proc/[0-9]*; echo $#; hostname; cat /proc/1/comm'],
    });
    // The program and the shell of the exec.
    assert.deepEqual(stdout.split('\n'), ['2', 'tester', 'sh', '']);
  });

  test(`${name} has Docker's capabilities, a filter, and nothing inheritable`, needs, async (t) => {
    const status = await linesOf(t, 'grep -E "^(Cap|Seccomp:|NoNewPrivs)" /proc/self/status', options);
    assert.deepEqual(
      status.map((line) => line.replace(/\s+/, ' ')),
      [
        'CapInh: 0000000000000000',
        'CapPrm: 00000000a80425fb',
        'CapEff: 00000000a80425fb',
        'CapBnd: 00000000a80425fb',
        'CapAmb: 0000000000000000',
        'NoNewPrivs: 0',
        'Seccomp: 2',
      ],
    );
  });

  test(`${name} has masked paths masked and read-only paths read-only`, needs, async (t) => {
    const script = `
      for path in kcore keys timer_list interrupts; do [ -e /proc/$path ] && cat /proc/$path | wc -c; done | sort -u
      ls -A /sys/firmware /proc/scsi 2>/dev/null | grep -v ':$' | grep .
      for path in sys/kernel/panic irq/default_smp_affinity; do (echo 0 > /proc/$path) 2>&1 | sed 's/.*: //'; done
      mkdir /sys/gantry 2>&1 | sed 's/.*: //'
      mkdir /sys/fs/cgroup/gantry 2>&1 | sed 's/.*: //'`;
    const [masked, ...refusals] = await linesOf(t, script, options);
    assert.equal(masked, '0');
    assert.equal(refusals.length, 4, refusals.join());
    assert.ok(
      refusals.every((line) => /Read-only file system|Permission denied/.test(line)),
      refusals.join(),
    );
  });

  test(`${name} sees only its own mounts and devices, and holds no descriptor but three`, needs, async (t) => {
    const script = `
      awk '{print $5}' /proc/self/mountinfo | sort | grep -vE '^/(proc|sys|dev)(/|$)'
      ls -A /dev | tr '\\n' ' '; echo
      ls /proc/self/fd | tr '\\n' ' '; echo
      umask; pwd; stat -c %a /dev/shm; df -k /dev/shm | awk 'END {print $2}'
      cat /proc/self/cgroup | sed 's/.*://' | sort -u
      cat /proc/net/dev | sed 1,2d | sed 's/:.*//' | tr -d ' '`;
    const lines = await linesOf(t, script, options);
    assert.deepEqual(lines, [
      '/',
      'core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ',
      // 3 is the folder that ls reads.
      '0 1 2 3 ',
      '0022',
      '/',
      '1777',
      '65536',
      '/',
      'lo',
    ]);
  });

  test(`${name} cannot mount, make namespaces, load keys or use devices of the host`, needs, async (t) => {
    const script = `
      mount -t tmpfs x /tmp 2>&1
      unshare -U true 2>&1
      unshare -n true 2>&1
      chroot / true && echo chroot works
      date -s 2001-01-01 2>&1 | grep -v UTC
      mknod /tmp/mem c 1 1 2>&1 && cat /tmp/mem 2>&1
      true`;
    const lines = await linesOf(t, script, options);
    assert.equal(lines.filter((line) => /not permitted|permission denied/i.test(line)).length, 5, lines.join('\n'));
    assert.ok(lines.includes('chroot works'));
  });
}

test(
  'the root of a remapped container is nobody on the host, and its files are root’s own inside',
  needs,
  async (t) => {
    const data = scratch(t);
    const binds = [{ source: data, target: '/data', isOwn: true }];
    const script =
      'touch /data/file /made; stat -c %u:%g /bin/busybox /data/file /made; cat /proc/self/uid_map; read x';
    const container = await startContainer(t, ['sh', '-c', script], {
      ...REMAPPED,
      stdin: 'open',
      spec: { ...REMAPPED.spec, binds },
    });
    const security = readProcessSecurity(container.init);
    assert.deepEqual(security?.uidMap, [{ insideId: 0, outsideId: 200000, count: 65536 }]);
    assert.equal(security?.uid, 0);
    assert.equal(statSync(`/proc/${container.init.pid}`).uid, 200000);
    await container.client.closeStdin();
    const { stdout } = await container.ended;
    assert.match(stdout, /^0:0\n0:0\n0:0\n\s+0\s+200000\s+65536\n$/);
    // On the disk the ids are those of the image.
    assert.equal(statSync(join(data, 'file')).uid, 0);
  },
);

test('a privileged container has all capabilities, all devices, no filter and no masks', needs, async (t) => {
  const script = `
    awk '/CapEff/ {print $2}' /proc/self/status; awk '/Seccomp:/ {print $2}' /proc/self/status
    [ -e /dev/kmsg ] && echo kmsg; head -c 1 /proc/interrupts | wc -c
    mount -t tmpfs x /tmp && echo mounted; echo 1 > /proc/sys/net/ipv4/ip_forward && echo written
    awk '$5 == "/sys" {print $6}' /proc/self/mountinfo | cut -d, -f1`;
  const config = { security: { privileged: true } };
  const lines = await linesOf(t, script, { config, spec: { devices: listHostDevices() } });
  const all = readHostFacts().capabilities.toString(16).padStart(16, '0');
  assert.deepEqual(lines, [all, '0', ...(existsSync('/dev/kmsg') ? ['kmsg'] : []), '1', 'mounted', 'written', 'rw']);
});

test('modes of the host share exactly the namespaces they name', needs, async (t) => {
  const namespaces = { pid: 'host', ipc: 'host', uts: 'host', network: 'host', cgroup: 'host' } as const;
  const script = `for kind in ${KINDS.join(' ')}; do readlink /proc/self/ns/$kind; done; hostname; ls -d /proc/1/task/1`;
  const lines = await linesOf(t, script, { config: { namespaces } });
  const expected = KINDS.map((kind) => (kind === 'mnt' ? lines[2] : readlinkSync(`/proc/self/ns/${kind}`)));
  assert.deepEqual(lines, [...expected, hostname(), '/proc/1/task/1']);
  assert.notEqual(lines[2], readlinkSync('/proc/self/ns/mnt'));
});

test('with the host’s cgroup namespace a container sees only its own groups', needs, async (t) => {
  const script = `ls /sys/fs/cgroup | wc -l; cat /sys/fs/cgroup/pids/cgroup.procs /sys/fs/cgroup/cgroup.procs 2>/dev/null | grep -c .`;
  const lines = await linesOf(t, script, { config: { namespaces: { cgroup: 'host' } } });
  if (existsSync('/sys/fs/cgroup/pids')) {
    assert.ok(Number(lines[0]) > 3, lines.join());
    assert.ok(Number(lines[1]) <= 4, lines.join());
  }
});

test('a container joins network, processes and memory of another', needs, async (t) => {
  const namespaces = { ipc: 'shareable' } as const;
  const script = 'echo shared > /dev/shm/note; hostname; read line';
  const donor = await startContainer(t, ['sh', '-c', script], { config: { namespaces }, stdin: 'open' });
  const donors = { network: donor.asDonor(), pid: donor.asDonor(), ipc: donor.asDonor() };
  const config = { namespaces: { network: 'container:x', pid: 'container:x', ipc: 'container:x' } } as const;
  const seen =
    'for kind in net pid ipc uts; do readlink /proc/self/ns/$kind; done; cat /dev/shm/note; cat /proc/1/cmdline | tr "\\0" " "';
  const lines = await linesOf(t, seen, { config, spec: { donors } });
  const expected = ['net', 'pid', 'ipc'].map((kind) => readlinkSync(`/proc/${donor.init.pid}/ns/${kind}`));
  assert.deepEqual(lines.slice(0, 3), expected);
  assert.notEqual(lines[3], readlinkSync(`/proc/${donor.init.pid}/ns/uts`));
  assert.deepEqual(lines.slice(4), ['shared', `sh -c ${script}`]);
});

test('a remapped container joins the network of another in the same user namespace', needs, async (t) => {
  const donor = await startContainer(t, ['sh', '-c', 'read line'], { ...REMAPPED, stdin: 'open' });
  const config = { namespaces: { network: 'container:x' } } as const;
  const options = { config, spec: { ...REMAPPED.spec, donors: { network: donor.asDonor() } } };
  const lines = await linesOf(
    t,
    'readlink /proc/self/ns/net; stat -c %u /bin/busybox; touch /x && echo written',
    options,
  );
  assert.deepEqual(lines, [readlinkSync(`/proc/${donor.init.pid}/ns/net`), '0', 'written']);
});

test('a user named in the image’s own files runs the program, with its groups and home', needs, async (t) => {
  const files = { passwd: 'web:x:1000:1000::/srv:\n', group: 'web:x:1000:\nlog:x:1001:web\n' };
  const config = { workingDir: '/made/deep', env: { GREETING: 'hi' } };
  const lines = await linesOf(
    t,
    'id -u; id -G; pwd; env | sort; awk "/Cap(Eff|Bnd)/ {print \\$2}" /proc/self/status; mkdir /new',
    {
      config,
      spec: { user: resolveUser('web', [], files) },
    },
  );
  assert.deepEqual(lines.slice(0, 3), ['1000', '1000 1001', '/made/deep']);
  assert.ok(lines.includes('HOME=/srv') && lines.includes('GREETING=hi') && lines.includes('HOSTNAME=tester'));
  assert.deepEqual(lines.slice(-3, -1), ['0000000000000000', '00000000a80425fb']);
  assert.match(lines.at(-1) ?? '', /Permission denied/);
});

test('a read-only root is so, and mounts in it are what they were asked to be', needs, async (t) => {
  const data = scratch(t);
  mkdirSync(join(data, 'ro'));
  writeFileSync(join(data, 'file'), 'of the host\n');
  const config = {
    security: { readOnlyRootfs: true },
    shmSizeBytes: 1024 * 1024,
    mounts: [{ type: 'tmpfs', target: '/tmp', sizeBytes: 65536, mode: 0o700, options: ['exec'] }],
  } as const;
  const binds = [
    { source: data, target: '/data' },
    { source: join(data, 'ro'), target: '/data/ro', readOnly: true },
    { source: join(data, 'file'), target: '/var/new/file' },
  ];
  const script = `
    touch /x 2>&1 | sed 's/.*: //'; touch /data/ro/x 2>&1 | sed 's/.*: //'; touch /data/x && echo data
    cat /var/new/file; stat -c %a /tmp; df -k /tmp | awk 'END {print $2}'; df -k /dev/shm | awk 'END {print $2}'
    awk '$5 == "/tmp" {print $6}' /proc/self/mountinfo`;
  const lines = await linesOf(t, script, {
    config,
    spec: { binds },
    change: (root) => {
      mkdirSync(join(root, 'var/new'));
      mkdirSync(join(root, 'data'));
      writeFileSync(join(root, 'var/new/file'), '');
    },
  });
  assert.deepEqual(lines, [
    'Read-only file system',
    'Read-only file system',
    'data',
    'of the host',
    '700',
    '64',
    '1024',
    'rw,nosuid,nodev,relatime',
  ]);
});

test('limits of processes, kernel parameters, the OOM score and one more device arrive', needs, async (t) => {
  const config = {
    ulimits: [{ name: 'nofile', soft: 77, hard: 99 }],
    sysctls: { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '4096' },
    oomScoreAdj: 321,
    domainname: 'example.org',
  };
  const device = { hostPath: '/dev/zero', containerPath: '/dev/sub/nought', permissions: 'r' };
  const script = `
    ulimit -Sn; ulimit -Hn; cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax /proc/self/oom_score_adj
    cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/domainname; head -c 2 /dev/sub/nought | wc -c`;
  const lines = await linesOf(t, script, { config, spec: { devices: findDevices([device]) } });
  assert.deepEqual(lines, ['77', '99', '1', '4096', '321', '0', 'example.org', '2']);
});

test('with --init the program is not pid 1 and orphans are reaped', needs, async (t) => {
  const script = 'echo $$; (sleep 0 & exec true); sleep 0.1; ps -o pid,stat | grep -c Z';
  const lines = await linesOf(t, script, { config: { init: true } });
  assert.notEqual(lines[0], '1');
  assert.equal(lines[1], '0');
});

test('no new privileges, a profile of the user, and none at all are as asked', needs, async (t) => {
  const status = 'awk "/(NoNewPrivs|Seccomp):/ {print \\$2}" /proc/self/status';
  assert.deepEqual(await linesOf(t, status, { config: { security: { noNewPrivileges: true } } }), ['1', '2']);
  assert.deepEqual(await linesOf(t, status, { config: { security: { seccomp: 'unconfined' } } }), ['0', '0']);
  const profile = {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }],
  };
  const lines = await linesOf(t, 'mkdir /x 2>&1', { config: { security: { seccomp: JSON.stringify(profile) } } });
  assert.match(lines.join(), /No space left on device/);
});

test('an exec is in the container, as the user, with the rights that it asks for', needs, async (t) => {
  const container = await startContainer(t, ['sh', '-c', 'read line'], { config: { env: { A: '1' } }, stdin: 'open' });
  const script = 'awk "/CapEff/ {print \\$2}" /proc/self/status; echo $A $B $PWD; tty; readlink /proc/self/ns/pid';
  const plain = await container.exec({ command: ['sh', '-c', script], env: { B: '2' }, workingDir: '/srv' });
  const pidNamespace = readlinkSync(`/proc/${container.init.pid}/ns/pid`);
  assert.deepEqual(plain.stdout.split('\n'), ['00000000a80425fb', '1 2 /srv', 'not a tty', pidNamespace, '']);
  const privileged = await container.exec({ command: ['sh', '-c', script], privileged: true, tty: true });
  const all = readHostFacts().capabilities.toString(16).padStart(16, '0');
  assert.deepEqual(privileged.stdout.split('\r\n').slice(0, 3), [all, '1 /', '/dev/pts/0']);
  await assert.rejects(container.exec({ command: ['nothing-here'] }), (error) => {
    assert.ok(error instanceof StartError);
    assert.deepEqual([error.failure.operation, error.failure.errno], ['exec', 'ENOENT']);
    return true;
  });
});

test('a program that is not there or cannot be executed is told apart', needs, async (t) => {
  const failureOf = async (...args: string[]) => {
    const error: unknown = await startContainer(t, args).catch((reason: unknown) => reason);
    assert.ok(error instanceof StartError);
    return `${error.failure.operation} ${error.failure.target} ${error.failure.errno}`;
  };
  assert.equal(await failureOf('nothing-here'), 'exec nothing-here ENOENT');
  assert.equal(await failureOf('/etc/passwd'), 'exec /etc/passwd EACCES');
  assert.equal(await failureOf('/bin'), 'exec /bin EACCES');
});

test('an image whose /proc or /dev is a link does not start and the host is not touched', needs, async (t) => {
  const outside = scratch(t);
  for (const name of ['proc', 'dev', 'sys']) {
    const change = (root: string) => symlinkSync(`../..${outside}`, join(root, name));
    await assert.rejects(startContainer(t, ['true'], { change }), StartError);
  }
  assert.deepEqual(readFileSync('/proc/self/mountinfo', 'utf8').includes(outside), false);
});

test('when the first process ends nothing of the container is left', needs, async (t) => {
  const container = await startContainer(t, ['sh', '-c', 'sleep 1000 & sleep 1000 & read line'], { stdin: 'open' });
  const members = listDescendants(container.init.pid);
  await container.client.signal(9);
  const { exit } = await container.ended;
  assert.deepEqual(exit, { exitCode: 137, signal: 9, oomKilled: false });
  assert.ok(members.length >= 1);
  assert.ok(!isProcessAlive(container.init));
  assert.ok(!members.some((pid) => existsSync(`/proc/${pid}`)));
});
