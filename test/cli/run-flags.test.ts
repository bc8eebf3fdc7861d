import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Gantry } from '../support/gantry.js';
import { openGantryHere } from '../support/gantry-here.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');

let gantry: Gantry;

before(async () => {
  gantry = openGantryHere();
  await gantry.run(['embedded', 'busybox']);
  const file = (name: string) => join(gantry.folder, name);
  writeFileSync(file('env'), '# a comment\nA=1\nB=two words\n');
  const syscalls = [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 }];
  writeFileSync(file('profile'), JSON.stringify({ defaultAction: 'SCMP_ACT_ALLOW', syscalls }));
  mkdirSync(file('bound'));
  await print('run', '-d', '--name', 'donor', '--ipc', 'shareable', 'busybox', 'sleep', '1000');
});

after(() => gantry.close());

const print = (...words: readonly string[]) => gantry.print(...words);

/** One line from inside of a running container. */
const inside = (name: string, script: string): Promise<string> => print('exec', name, 'sh', '-c', script);

const hostNamespace = (kind: string): string => readlinkSync(`/proc/self/ns/${kind}`);
const NAMESPACE = (kind: string): string => `ls -l /proc/self/ns/${kind} | sed 's/.* -> //'`;
const CAPABILITIES = "sed -n 's/CapEff:.//p' /proc/self/status";
const CGROUP = '/sys/fs/cgroup';
/** The first of these files that there is: of cgroup v1, of v2. */
const limit = (...files: readonly string[]): string =>
  `cat ${files.map((f) => `${CGROUP}/${f}`).join(' ')} 2>/dev/null || true`;

/** Flags of run, a script, and what it prints with them. */
type Row = readonly [flags: readonly string[], script: string, printed: string | RegExp | (() => string | RegExp)];

const EFFECTS: readonly Row[] = [
  [['--hostname', 'box'], 'hostname; cat /etc/hostname', 'box\nbox'],
  [['--user', 'nobody'], 'id -u', '65534'],
  [['--user', '7:8', '--group-add', '29'], 'id -u; id -g; id -G', /^7\n8\n.*29/],
  [['--workdir', '/made/for/it'], 'pwd', '/made/for/it'],
  [['--env-file', 'FOLDER/env', '-e', 'A=3'], 'echo $A, $B', '3, two words'],
  [['--shm-size', '1m'], "df -k /dev/shm | awk 'END {print $2}'", '1024'],
  [['--ulimit', 'nofile=77:99'], 'ulimit -Sn; ulimit -Hn', '77\n99'],
  [['--sysctl', 'net.ipv4.ip_forward=1'], 'cat /proc/sys/net/ipv4/ip_forward', '1'],
  [['--init'], 'echo $$', '2'],
  [['--tmpfs', '/t:size=64k,mode=700'], "stat -c %a /t; df -k /t | awk 'END {print $2}'", '700\n64'],
  [['--device', '/dev/full:/dev/brim:r'], 'ls -l /dev/brim | cut -c 1; head -c 2 /dev/brim | wc -c', 'c\n2'],
  [['--read-only'], 'touch /x 2>&1', 'touch: /x: Read-only file system'],
  [['--cap-drop', 'ALL'], CAPABILITIES, '0000000000000000'],
  [['--cap-drop', 'ALL', '--cap-add', 'net_raw'], CAPABILITIES, '0000000000002000'],
  [['--pid', 'host'], NAMESPACE('pid'), () => hostNamespace('pid')],
  [['--pid', 'container:donor'], 'cat /proc/1/comm', 'sleep'],
  [['--ipc', 'host'], NAMESPACE('ipc'), () => hostNamespace('ipc')],
  [['--ipc', 'none'], 'test -e /dev/shm || echo none', 'none'],
  [['--ipc', 'container:donor'], NAMESPACE('ipc'), () => ofDonor('ipc')],
  [['--uts', 'host'], `hostname; ${NAMESPACE('uts')}`, () => `${hostname()}\n${hostNamespace('uts')}`],
  [['--network', 'none'], 'ls /sys/class/net', 'lo'],
  [['--net', 'none'], 'ls /sys/class/net', 'lo'],
  [
    ['--dns', '9.9.9.9', '--dns-search', 'a.b', '--dns-search', 'c', '--dns-option', 'ndots:3'],
    'cat /etc/resolv.conf',
    'nameserver 9.9.9.9\nsearch a.b c\noptions ndots:3',
  ],
  [['--network', 'host'], NAMESPACE('net'), () => hostNamespace('net')],
  [['--network', 'container:donor'], NAMESPACE('net'), () => ofDonor('net')],
  [['--cgroupns', 'host'], NAMESPACE('cgroup'), () => hostNamespace('cgroup')],
  [['--oom-score-adj', '321'], 'cat /proc/self/oom_score_adj', '321'],
  [['--security-opt', 'seccomp=FOLDER/profile'], 'mkdir /x 2>&1', /No space left on device/],
  [['--security-opt', 'seccomp=unconfined'], "sed -n 's/Seccomp:.//p' /proc/self/status", '0'],
  [['--security-opt', 'no-new-privileges'], "sed -n 's/NoNewPrivs:.//p' /proc/self/status", '1'],
  [['--privileged'], `mount -t tmpfs x /mnt && echo mounted`.replace('/mnt', '/tmp'), 'mounted'],
  [['--cpuset-cpus', '0'], "sed -n 's/Cpus_allowed_list:.//p' /proc/self/status", '0'],
  [['--pids-limit', '7'], limit('pids/pids.max', 'pids.max'), '7'],
  [['--memory', '64m'], limit('memory/memory.limit_in_bytes', 'memory.max'), '67108864'],
  [['--cpus', '0.5'], limit('cpu/cpu.cfs_quota_us', 'cpu.max'), /^50000/],
  [['-v', './bound:/b:ro'], 'touch /b/x 2>&1', 'touch: /b/x: Read-only file system'],
];

let donorPid = 0;
function ofDonor(kind: string): string {
  return readlinkSync(`/proc/${donorPid}/ns/${kind}`);
}

for (const [flags, script, expected] of EFFECTS) {
  test(`run ${flags.join(' ')} is seen inside`, NEEDS, async () => {
    if (donorPid === 0) donorPid = Number(await print('inspect', '-f', '{{.State.Pid}}', 'donor'));
    const own = flags.map((flag) => flag.replace('FOLDER', gantry.folder));
    const { stdout, stderr } = await gantry.run(['run', '--rm', ...own, 'busybox', 'sh', '-c', script]);
    const wanted = typeof expected === 'function' ? expected() : expected;
    if (typeof wanted === 'string') assert.equal(`${stdout}${stderr}`.trimEnd(), wanted);
    else assert.match(`${stdout}${stderr}`, wanted);
  });
}

test('--entrypoint takes the place of the program, --label is a filter', NEEDS, async () => {
  assert.equal(await print('run', '--rm', '--entrypoint', '/bin/echo', 'busybox', 'a', 'b'), 'a b');
  await print('create', '--name', 'labelled', '--label', 'tier=web', 'busybox');
  assert.equal(await print('ps', '-a', '--filter', 'label=tier=web', '--format', '{{.Names}}'), 'labelled');
  await print('rm', 'labelled');
});

test('--volumes-from gives the mounts of another container, its own mounts and :ro aside', NEEDS, async () => {
  const mounts = ['-v', 'shared:/named', '-v', '/own', '-v', `${join(gantry.folder, 'bound')}:/bound`];
  await print('run', '-d', '--name', 'giver', ...mounts, 'busybox', 'sh', '-c', 'echo it >/own/file; exec sleep 1000');
  await waitUntil('the file', async () => (await inside('giver', 'cat /own/file')) === 'it');
  const look =
    "cat /own/file; grep -E ' /(named|own|bound) ' /proc/self/mountinfo | cut -d' ' -f5,6 | cut -d, -f1 | sort";
  const run = (from: string, ...flags: readonly string[]) =>
    print('run', '--rm', '--volumes-from', from, ...flags, 'busybox', 'sh', '-c', look);
  assert.equal(await run('giver'), 'it\n/bound rw\n/named rw\n/own rw');
  assert.equal(await run('giver:ro', '-v', 'other:/named'), 'it\n/bound ro\n/named rw\n/own ro');
  assert.equal(await print('volume', 'ls', '-q', '--filter', 'name=shared'), 'shared');
  await print('rm', '-fv', 'giver');
});

test('what is only kept is shown by inspect', NEEDS, async () => {
  const kept = ['--annotation', 'a.b=c', '--expose', '90-91/udp', '--runtime', 'gantry', '--isolation', 'default'];
  const discarded = ['--network', 'host', '-p', '8080:80'];
  await print('create', '--name', 'kept', ...kept, ...discarded, 'busybox');
  const format = '{{json .HostConfig.Annotations}} {{json .Config.ExposedPorts}} {{json .HostConfig.PortBindings}}';
  assert.equal(await print('inspect', '-f', format, 'kept'), '{"a.b":"c"} {"80/tcp":{},"90/udp":{},"91/udp":{}} {}');
  assert.match(await print('inspect', '--size', '-f', '{{.SizeRw}} {{.SizeRootFs}}', 'kept'), /^\d+ \d{5,}$/);
  await print('rm', 'kept');
});

test('--stop-signal is what stop sends, --stop-timeout how long it waits', NEEDS, async () => {
  const deaf = ['--stop-timeout', '0', 'busybox', 'sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.05; done'];
  const polite = ['--stop-signal', 'USR1', 'busybox', 'sh', '-c'];
  await print('run', '-d', '--name', 'deaf', ...deaf);
  await print(
    ...['run', '-d', '--name', 'polite', ...polite],
    'trap "exit 5" USR1; echo up; while :; do sleep 0.05; done',
  );
  for (const [name, code] of [
    ['deaf', '137'],
    ['polite', '5'],
  ] as const) {
    await waitUntil(`${name} is up`, async () => (await print('logs', name)) === 'up');
    await print('stop', name);
    assert.equal(await print('inspect', '-f', '{{.State.ExitCode}}', name), code);
    await print('rm', name);
  }
});

test('--restart on-failure:2 starts it twice again, and then it has ended', NEEDS, async () => {
  await print('run', '-d', '--name', 'again', '--restart', 'on-failure:2', 'busybox', 'sh', '-c', 'echo run; exit 3');
  assert.equal(await print('wait', 'again'), '3');
  assert.equal(await print('inspect', '-f', '{{.RestartCount}} {{.State.Status}}', 'again'), '2 exited');
  assert.equal(await print('logs', 'again'), 'run\nrun\nrun');
  await print('rm', 'again');
});

test('--health-cmd makes it unhealthy, and healthy', NEEDS, async () => {
  const health = ['--health-cmd', 'test -e /ok', '--health-interval', '50ms', '--health-retries', '1'];
  await print('run', '-d', '--name', 'ill', ...health, 'busybox', 'sleep', '1000');
  const becomes = (status: string) =>
    waitUntil(status, async () => (await print('inspect', '-f', '{{.State.Health.Status}}', 'ill')) === status);
  await becomes('unhealthy');
  await inside('ill', 'touch /ok');
  await becomes('healthy');
  await print('rm', '-f', 'ill');
});

test('--log-opt max-size and max-file keep the log small, and its end whole', NEEDS, async () => {
  const options = ['--log-opt', 'max-size=1k', '--log-opt', 'max-file=2'];
  const script = 'for i in $(seq 200); do echo line $i; done';
  await print('run', '-d', '--name', 'wordy', ...options, 'busybox', 'sh', '-c', script);
  await print('wait', 'wordy');
  const path = await print('inspect', '-f', '{{.LogPath}}', 'wordy');
  // A line that passes the limit is written whole.
  for (const file of [path, `${path}.1`]) assert.ok(statSync(file).size < 1200, file);
  assert.match(await print('logs', 'wordy'), /line 199\nline 200$/);
  await print('rm', 'wordy');
});

test('update changes what the kernel holds, and inspect says so', NEEDS, async () => {
  await print('run', '-d', '--name', 'tuned', 'busybox', 'sleep', '1000');
  await print(
    ...['update', '--memory', '64m', '--memory-swap', '128m', '--cpus', '0.5', '--pids-limit', '9'],
    ...['--cpuset-cpus', '0', '--restart', 'always', 'tuned'],
  );
  assert.equal(await inside('tuned', limit('memory/memory.limit_in_bytes', 'memory.max')), '67108864');
  assert.match(await inside('tuned', limit('cpu/cpu.cfs_quota_us', 'cpu.max')), /^50000/);
  assert.equal(await inside('tuned', limit('pids/pids.max', 'pids.max')), '9');
  assert.equal(await inside('tuned', limit('cpuset/cpuset.cpus', 'cpuset.cpus')), '0');
  const fields = '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.RestartPolicy.Name}}';
  assert.equal(await print('inspect', '-f', fields, 'tuned'), '67108864 500000000 always');
  await print('rm', '-f', 'tuned');
});

test('mounts pass into a bind of propagation rslave, and out of one of rshared', NEEDS, async (t) => {
  const shared = join(gantry.folder, 'shared');
  mkdirSync(shared);
  execFileSync('mount', ['--bind', shared, shared]);
  t.after(() => execFileSync('umount', ['-R', shared]));
  execFileSync('mount', ['--make-shared', shared]);
  for (const name of ['in', 'out']) mkdirSync(join(shared, name));
  const sleep = ['busybox', 'sleep', '1000'];
  await print('run', '-d', '--name', 'slave', '-v', `${shared}:/s:rslave`, ...sleep);
  await print('run', '-d', '--name', 'private', '-v', `${shared}:/s`, ...sleep);
  execFileSync('mount', ['-t', 'tmpfs', 'of-the-host', join(shared, 'in')]);
  assert.equal(await inside('slave', 'grep -c of-the-host /proc/self/mounts'), '1');
  assert.equal((await gantry.run(['exec', 'private', 'grep', '-c', 'of-the-host', '/proc/self/mounts'])).stdout, '0\n');
  await print('run', '-d', '--name', 'sharer', '--privileged', '-v', `${shared}:/s:rshared`, ...sleep);
  await inside('sharer', 'mount -t tmpfs of-the-container /s/out');
  assert.match(readFileSync('/proc/self/mounts', 'utf8'), /^of-the-container .*\/shared\/out /m);
  await print('rm', '-f', 'slave', 'private', 'sharer');
});

/** Flags of run that are refused, and the first line of why. */
const REFUSALS: readonly (readonly [flags: readonly string[], line: string])[] = [
  [['--memory', '1m'], 'gantry: Minimum memory limit allowed is 4MB'],
  [['--hostname', 'a_b'], 'gantry: invalid hostname format: a_b'],
  [['--user', 'nosuch'], 'gantry: unable to find user nosuch: no matching entries in passwd file'],
  [['--workdir', 'rel'], "gantry: the working directory 'rel' is invalid, it needs to be an absolute path"],
  [['--env-file', '/nosuch'], 'gantry: open /nosuch: no such file or directory'],
  [['--shm-size', '1q'], 'invalid argument "1q" for "--shm-size" flag: invalid suffix: \'q\''],
  [['--ulimit', 'foo=1'], 'invalid argument "foo=1" for "--ulimit" flag: invalid ulimit type: foo'],
  [['--sysctl', 'vm.x=1'], 'invalid argument "vm.x=1" for "--sysctl" flag: sysctl \'vm.x=1\' is not allowed'],
  [['--tmpfs', 'rel'], "gantry: invalid mount path: 'rel' mount path must be absolute"],
  [
    ['--device', '/nosuch'],
    'gantry: error gathering device information while adding custom device "/nosuch": no such file or directory',
  ],
  [['--cap-add', 'foo'], 'gantry: invalid CapAdd: unknown capability: "CAP_FOO"'],
  [['--pid', 'foo'], 'gantry: --pid: invalid PID mode'],
  [['--ipc', 'container:nosuch'], 'gantry: No such container: nosuch'],
  [['--network', 'nosuch'], 'gantry: failed to set up container networking: network nosuch not found'],
  [['-p', '80:'], 'gantry: no port specified: 80:<empty>'],
  [['--volumes-from', 'nosuch'], 'gantry: No such container: nosuch'],
  [['--runtime', 'runc'], 'gantry: unknown or invalid runtime name: runc'],
  [['--cgroupns', 'foo'], 'gantry: --cgroupns: invalid CGROUP mode'],
  [['--cgroup-parent', '../x'], 'gantry: invalid cgroup parent "../x": use a path such as /gantry'],
  [['--stop-signal', 'FOO'], 'gantry: invalid signal: FOO'],
  [['--oom-score-adj', '2000'], 'gantry: Invalid value 2000, range for oom score adj is [-1000, 1000]'],
  [
    ['-v', 'rel:rel'],
    "gantry: invalid volume specification: 'rel:rel': invalid mount config for type \"volume\": invalid mount path: 'rel' mount path must be absolute",
  ],
  [['--security-opt', 'foo'], 'gantry: Invalid --security-opt: "foo"'],
  [
    ['--restart', 'foo'],
    "gantry: invalid restart policy: unknown policy 'foo'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
  ],
  [['--log-opt', 'foo=x'], "gantry: unknown log opt 'foo' for json-file log driver"],
  [['--cpus', '0.5', '--cpu-quota', '1000'], 'gantry: Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
  [
    ['--pids-limit', 'x'],
    'invalid argument "x" for "--pids-limit" flag: strconv.ParseInt: parsing "x": invalid syntax',
  ],
];

for (const [flags, line] of REFUSALS) {
  test(`run ${flags.join(' ')} is refused with 125, in Docker’s words`, NEEDS, async () => {
    const { code, stderr } = await gantry.run(['run', '--rm', ...flags, 'busybox', 'true']);
    assert.deepEqual([stderr.split('\n')[0], code], [line, 125]);
  });
}

test('run -P of an image that exposes nothing has nothing to publish', NEEDS, async () => {
  const { code, stderr } = await gantry.run(['run', '--rm', '-P', 'busybox', 'true']);
  assert.deepEqual([stderr, code], ['', 0]);
  const joined = ['--network', 'container:donor', '-P', '--expose', '80'];
  assert.equal((await gantry.run(['run', '--rm', ...joined, 'busybox', 'true'])).code, 125);
});

test('what was refused has left no container', NEEDS, async () => {
  assert.equal(await print('ps', '-a', '--format', '{{.Names}}'), 'donor');
});

test('the command itself, not node, is told of a missing --env-file', NEEDS, () => {
  const env = { ...process.env, GANTRY_ROOT: join(gantry.folder, 'root'), GANTRY_RUN_ROOT: join(gantry.folder, 'run') };
  const run = () => execFileSync('./gantry', ['run', '--env-file', '/nosuch', 'busybox'], { env, stdio: 'pipe' });
  assert.throws(run, (error: unknown) => error instanceof Error && 'status' in error && error.status === 125);
});
