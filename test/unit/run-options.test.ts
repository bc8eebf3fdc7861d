import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlagValues } from '../../src/model/flags.js';
import { listNamedFiles, parseRunOptions } from '../../src/model/run-options.js';

function parse(flags: FlagValues, files: Readonly<Record<string, string>> = {}) {
  return parseRunOptions({
    flags,
    image: 'busybox',
    command: ['sh'],
    caller: { env: { HOME: '/root', EMPTY: '' }, workingDir: '/work', files: new Map(Object.entries(files)) },
  });
}

function refuses(flags: FlagValues, message: string): void {
  assert.throws(() => parse(flags), { message, kind: 'invalid-argument' });
}

test('without flags the config holds the image and the command alone', () => {
  const options = parse({});
  assert.deepEqual(options.config, { image: 'busybox', command: ['sh'] });
  assert.deepEqual(options.attach, ['stdout', 'stderr']);
  assert.equal(options.pull, 'missing');
});

test('limits are read into bytes, nanoCPUs and weights', () => {
  const { limits } = parse({
    memory: '64m',
    'memory-swap': '-1',
    cpus: '0.5',
    'cpu-shares': '512',
    'cpuset-cpus': '0-1',
    'pids-limit': '100',
    'device-read-bps': ['/dev/vda:1mb'],
    'device-write-iops': ['/dev/vda:50'],
    'blkio-weight-device': ['/dev/vda:500', '/dev/vdb:0'],
  }).config;
  assert.deepEqual(limits, {
    memoryBytes: 67_108_864,
    memorySwapBytes: 'unlimited',
    nanoCpus: 500_000_000,
    cpuShares: 512,
    cpusetCpus: '0-1',
    pidsMax: 100,
    deviceReadBps: [{ path: '/dev/vda', rate: 1_048_576 }],
    deviceWriteIops: [{ path: '/dev/vda', rate: 50 }],
    blkioWeightDevices: [{ path: '/dev/vda', weight: 500 }],
  });
  assert.equal(parse({ 'pids-limit': '-1', memory: '0' }).config.limits, undefined);
});

test('limits that cannot be read are refused with the words of docker', () => {
  refuses({ memory: '64q' }, 'invalid argument "64q" for "-m, --memory" flag: invalid suffix: \'q\'');
  refuses({ cpus: 'x' }, 'invalid argument "x" for "--cpus" flag: failed to parse x as a rational number');
  refuses({ cpus: '0.0000000001' }, 'invalid argument "0.0000000001" for "--cpus" flag: value is too precise');
  refuses(
    { 'cpu-shares': 'x' },
    'invalid argument "x" for "-c, --cpu-shares" flag: strconv.ParseInt: parsing "x": invalid syntax',
  );
  refuses({ 'memory-swappiness': '200' }, 'invalid value: 200. Valid memory swappiness range is 0-100');
  refuses(
    { 'blkio-weight-device': ['/dev/vda:9'] },
    'invalid argument "/dev/vda:9" for "--blkio-weight-device" flag: invalid weight for device: /dev/vda:9',
  );
  refuses({ 'device-read-bps': ['foo'] }, 'invalid argument "foo" for "--device-read-bps" flag: bad format: foo');
  refuses(
    { 'device-read-iops': ['/dev/sda:zz'] },
    'invalid argument "/dev/sda:zz" for "--device-read-iops" flag: invalid rate for device: /dev/sda:zz. ' +
      'The correct format is <device-path>:<number>. Number must be a positive integer',
  );
});

test('the environment comes from files, from the caller and from the flag, the later wins', () => {
  const { env, unsetEnv } = parse(
    { 'env-file': ['a.env'], env: ['A=2', 'HOME', 'MISSING', 'EMPTY'] },
    { 'a.env': '# comment\nA=1\nB=x y\n\nHOME\nALSO_MISSING\n' },
  ).config;
  assert.deepEqual(env, { A: '2', B: 'x y', HOME: '/root', EMPTY: '' });
  assert.deepEqual(unsetEnv, ['MISSING'], 'what a flag names and the caller does not have is not to be there');
  refuses({ env: ['=x'] }, 'invalid argument "=x" for "-e, --env" flag: invalid environment variable: =x');
  refuses({ 'env-file': ['/nosuch'] }, 'open /nosuch: no such file or directory');
});

test('the files that flags name are listed', () => {
  const flags = { 'env-file': ['a'], 'label-file': ['b'], 'security-opt': ['seccomp=c', 'seccomp=unconfined'] };
  assert.deepEqual(listNamedFiles(flags), ['a', 'b', 'c']);
});

test('a volume is a bind, a named volume or one of its own', () => {
  const { mounts } = parse({ volume: ['/host:/ctr:ro,rshared', './rel:/rel', 'data:/data:nocopy', '/own'] }).config;
  assert.deepEqual(mounts, [
    { type: 'bind', source: '/host', target: '/ctr', createSource: true, readOnly: true, propagation: 'rshared' },
    { type: 'bind', source: '/work/rel', target: '/rel', createSource: true },
    { type: 'volume', source: 'data', target: '/data', noCopy: true },
    { type: 'volume', target: '/own' },
  ]);
  refuses({ volume: [''] }, 'invalid empty volume spec');
  refuses({ volume: [':/x'] }, 'invalid spec: :/x: empty section between colons');
  refuses({ volume: ['/a:/b:zz'] }, 'invalid mode: zz');
  refuses({ volume: ['/a:/x', '/b:/x'] }, 'Duplicate mount point: /x');
});

test('--mount and --tmpfs are read field by field', () => {
  const { mounts } = parse({
    mount: [
      'type=bind,src=/a,dst=/b,readonly,bind-propagation=rslave',
      'type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1777',
    ],
    tmpfs: ['/u:size=64k,exec'],
  }).config;
  assert.deepEqual(mounts, [
    { type: 'bind', source: '/a', target: '/b', propagation: 'rslave', readOnly: true, isMountOption: true },
    { type: 'tmpfs', target: '/t', sizeBytes: 1_048_576, mode: 0o1777, isMountOption: true },
    { type: 'tmpfs', target: '/u', sizeBytes: 65_536, options: ['exec'] },
  ]);
  const flag = (text: string) => `invalid argument "${text}" for "--mount" flag`;
  refuses({ mount: ['foo'] }, `${flag('foo')}: invalid field 'foo' must be a key=value pair`);
  refuses({ mount: ['type=bind,src=/x'] }, `${flag('type=bind,src=/x')}: target is required`);
  refuses(
    { mount: ['type=bind,src=/a,target=/x,foo=1'] },
    `${flag('type=bind,src=/a,target=/x,foo=1')}: unexpected key 'foo' in 'foo=1'`,
  );
});

test('security options become one config', () => {
  const { security } = parse(
    {
      'security-opt': ['no-new-privileges', 'seccomp=p.json'],
      'cap-add': ['NET_ADMIN'],
      'cap-drop': ['ALL'],
      'read-only': true,
    },
    { 'p.json': '{"defaultAction":"SCMP_ACT_ALLOW"}' },
  ).config;
  assert.deepEqual(security, {
    readOnlyRootfs: true,
    capAdd: ['NET_ADMIN'],
    capDrop: ['ALL'],
    noNewPrivileges: true,
    seccomp: '{"defaultAction":"SCMP_ACT_ALLOW"}',
  });
  assert.deepEqual(parse({ 'security-opt': ['systempaths=unconfined'] }).config.security, {
    maskedPaths: [],
    readonlyPaths: [],
  });
  refuses({ 'security-opt': ['foo'] }, 'Invalid --security-opt: "foo"');
  refuses(
    { 'security-opt': ['seccomp=/nosuch'] },
    'opening seccomp profile (/nosuch) failed: open /nosuch: no such file or directory',
  );
});

test('namespaces take the words of docker', () => {
  const { namespaces, networks } = parse({
    pid: 'container:x',
    ipc: 'shareable',
    uts: 'host',
    cgroupns: 'private',
    network: ['net1'],
  }).config;
  assert.deepEqual(namespaces, {
    pid: 'container:x',
    ipc: 'shareable',
    uts: 'host',
    cgroup: 'private',
    network: 'net1',
  });
  assert.deepEqual(networks, [{ network: 'net1' }]);
  refuses({ pid: 'foo' }, '--pid: invalid PID mode');
  refuses({ uts: 'foo' }, '--uts: invalid UTS mode');
  refuses({ userns: 'foo' }, '--userns: invalid USER mode');
  refuses({ cgroupns: 'foo' }, '--cgroupns: invalid CGROUP mode');
  refuses({ network: [''] }, 'no name set for network');
});

test('ports are read in all their forms', () => {
  const { ports } = parse({ publish: ['80', '8080:80/udp', '127.0.0.1::53', '[::1]:90-91:90-91'] }).config;
  assert.deepEqual(ports, [
    { containerPort: 80, protocol: 'tcp' },
    { containerPort: 80, protocol: 'udp', hostPort: 8080 },
    { containerPort: 53, protocol: 'tcp', hostIp: '127.0.0.1' },
    { containerPort: 90, protocol: 'tcp', hostIp: '::1', hostPort: 90 },
    { containerPort: 91, protocol: 'tcp', hostIp: '::1', hostPort: 91 },
  ]);
  refuses({ publish: ['a'] }, 'invalid containerPort: a');
  refuses({ publish: ['80:90000'] }, 'invalid containerPort: 90000');
  refuses({ publish: ['1.2.3:80:80'] }, 'invalid IP address: 1.2.3');
  refuses({ publish: ['80/foo'] }, 'invalid proto: foo');
});

test('a port of a range is chosen, ranges are pairs, and the long form says the same', () => {
  const read = (text: string) => parse({ publish: [text] }).config.ports;
  assert.deepEqual(read('8000-8010:80'), [{ containerPort: 80, protocol: 'tcp', hostPort: 8000, hostPortEnd: 8010 }]);
  assert.deepEqual(read('8000-8001:80-81/sctp'), [
    { containerPort: 80, protocol: 'sctp', hostPort: 8000 },
    { containerPort: 81, protocol: 'sctp', hostPort: 8001 },
  ]);
  assert.deepEqual(read('published=80,target=90,protocol=udp,mode=host'), [
    { containerPort: 90, protocol: 'udp', hostPort: 80 },
  ]);
  const any = [{ containerPort: 80, protocol: 'tcp' }];
  for (const text of [':80', '0:80', '::80', 'target=80', '80/', '80/TCP']) assert.deepEqual(read(text), any, text);
  for (const text of ['::1:80:80', '[::1]:80:80']) {
    assert.deepEqual(read(text), [{ containerPort: 80, protocol: 'tcp', hostIp: '::1', hostPort: 80 }]);
  }
});

test('ports that cannot be read are refused with the words of docker', () => {
  for (const [text, message] of [
    ['80:foo', 'invalid containerPort: foo'],
    ['foo:80', 'invalid hostPort: foo'],
    ['-1:80', 'invalid hostPort: -1'],
    ['70000:80', 'invalid hostPort: 70000'],
    ['127.0.0.1:80', 'invalid hostPort: 127.0.0.1'],
    [' 80:80', 'invalid hostPort:  80'],
    ['80-70', 'invalid containerPort: 80-70'],
    ['80:80-90', 'invalid ranges specified for container and host Ports: 80-90 and 80'],
    ['80-90:70-75', 'invalid ranges specified for container and host Ports: 70-75 and 80-90'],
    ['80:', 'no port specified: 80:<empty>'],
    ['', 'no port specified: <empty>'],
    ['published=80', 'no port specified: 80:/tcp<empty>'],
    ['target=90,protocol=foo', 'invalid proto: foo'],
    ['target=foo', 'invalid containerPort: foo'],
    ['a:b:c:d', 'invalid IP address: a:b'],
    ['[::1]:80', "invalid IP address [:: address [::: missing ']' in address"],
    ['[::1:80:80', "invalid IP address [::1: address [::1:: missing ']' in address"],
  ] as const) {
    refuses({ publish: [text] }, message);
  }
  const reason = 'error: strconv.ParseUint: parsing';
  refuses({ expose: ['foo'] }, `invalid range format for --expose: foo, ${reason} "foo": invalid syntax`);
  refuses({ expose: ['80-'] }, `invalid range format for --expose: 80-, ${reason} "": invalid syntax`);
  refuses({ expose: ['80:90'] }, 'invalid port format for --expose: 80:90');
  refuses(
    { expose: ['90-80'] },
    'invalid range format for --expose: 90-80, error: invalid range specified for port: 90-80',
  );
});

test('--network is read in its short and long form, and the options of its own belong to the first', () => {
  const networksOf = (flags: Parameters<typeof parse>[0]) => parse(flags).config.networks;
  const long = 'name=n1,alias=a,ALIAS=b,ip=10.1.0.7,mac-address=02:42:ac:11:00:09,driver-opt=a=b,gw-priority=3';
  assert.deepEqual(networksOf({ network: [`${long},ip6=fd00::7,link-local-ip=169.254.1.1`, 'n2'] }), [
    {
      network: 'n1',
      aliases: ['a', 'b'],
      ipAddress: '10.1.0.7',
      macAddress: '02:42:ac:11:00:09',
      driverOptions: { a: 'b' },
      gatewayPriority: 3,
      ip6Address: 'fd00::7',
      linkLocalIps: ['169.254.1.1'],
    },
    { network: 'n2' },
  ]);
  assert.deepEqual(
    networksOf({ network: ['n1', 'n2'], ip: '10.1.0.7', 'network-alias': ['web'], link: ['db', 'x:y'] }),
    [{ network: 'n1', aliases: ['web'], links: ['db:db', 'x:y'], ipAddress: '10.1.0.7' }, { network: 'n2' }],
  );
  assert.deepEqual(networksOf({ link: ['db'] }), [{ network: 'default', links: ['db:db'] }]);
  assert.equal(networksOf({ network: ['host'] }), undefined);
  assert.equal(parse({ network: ['n1', 'n2'] }).config.namespaces?.network, 'n1');
});

test('networks that cannot be read or go together are refused with the words of docker', () => {
  const wrong = (text: string) => `invalid argument "${text}" for "--network" flag`;
  for (const [text, message] of [
    ['name=n1,foo=bar', 'invalid field key foo'],
    ['name=n1,ip', 'invalid field ip'],
    ['alias=x', 'network name/id is not specified'],
    ['name=n1,gw-priority=foo', 'invalid gw-priority (foo): invalid syntax'],
    ['name=n1,driver-opt=foo', 'invalid key value pair format in driver options'],
  ] as const) {
    refuses({ network: [text] }, `${wrong(text)}: ${message}`);
  }
  const both = 'conflicting options: cannot specify both';
  refuses({ network: [''] }, 'no name set for network');
  refuses({ 'network-alias': ['x'] }, 'network-scoped aliases are only supported for user-defined networks');
  refuses({ network: ['name=host,alias=x'] }, 'network-scoped aliases are only supported for user-defined networks');
  refuses({ network: ['n1', 'n1'] }, 'network "n1" is specified multiple times');
  refuses(
    { network: ['n1', 'host'] },
    'conflicting options: cannot attach both user-defined and non-user-defined network-modes',
  );
  refuses({ network: ['name=n1,alias=x'], 'network-alias': ['y'] }, `${both} --network-alias and per-network alias`);
  refuses({ network: ['name=n1,ip=10.1.0.5'], ip: '10.1.0.6' }, `${both} --ip and per-network IPv4 address`);
  for (const text of ['foo', '02:42:00:00:00', '02:42-00:00:00:01', '0242.0000.00011']) {
    refuses({ 'mac-address': text }, `${text} is not a valid mac address`);
  }
  refuses({ link: ['a:b:c'] }, 'invalid argument "a:b:c" for "--link" flag: bad format for links: a:b:c');
  refuses({ link: [''] }, 'invalid argument "" for "--link" flag: empty string specified for links');
});

test('health checks, restarts, devices, limits of resources and logs are read', () => {
  const { config } = parse({
    'health-cmd': 'true',
    'health-interval': '2s',
    'health-retries': '3',
    restart: 'on-failure:3',
    device: ['/dev/null:/dev/x:r'],
    ulimit: ['nofile=10:20', 'core=-1'],
    sysctl: ['net.ipv4.ip_forward=1'],
    'log-opt': ['max-size=1m', 'max-file=3'],
    'stop-timeout': '5',
  });
  assert.deepEqual(config.healthcheck, { test: ['CMD-SHELL', 'true'], intervalMs: 2000, retries: 3 });
  assert.deepEqual(config.restartPolicy, { name: 'on-failure', maxRetries: 3 });
  assert.deepEqual(config.devices, [{ hostPath: '/dev/null', containerPath: '/dev/x', permissions: 'r' }]);
  assert.deepEqual(config.ulimits, [
    { name: 'nofile', soft: 10, hard: 20 },
    { name: 'core', soft: -1, hard: -1 },
  ]);
  assert.deepEqual(config.sysctls, { 'net.ipv4.ip_forward': '1' });
  assert.deepEqual(config.log, { driver: 'json-file', maxSizeBytes: 1_048_576, maxFiles: 3 });
  assert.equal(config.stopTimeoutMs, 5000);
  refuses(
    { ulimit: ['nofile=10:5'] },
    'invalid argument "nofile=10:5" for "--ulimit" flag: ulimit soft limit must be less than or equal to hard limit: 10 > 5',
  );
  refuses({ ulimit: ['xx=10'] }, 'invalid argument "xx=10" for "--ulimit" flag: invalid ulimit type: xx');
  refuses({ sysctl: ['foo'] }, 'invalid argument "foo" for "--sysctl" flag: sysctl \'foo\' is not allowed');
  refuses({ restart: 'on-failure:x' }, 'invalid restart policy format: maximum retry count must be an integer');
  refuses({ 'health-cmd': 'x', 'no-healthcheck': true }, '--no-healthcheck conflicts with --health-* options');
});

test('flags that exclude each other are refused', () => {
  refuses({ rm: true, restart: 'always' }, 'conflicting options: cannot specify both --restart and --rm');
  refuses({ detach: true, attach: ['stdin'] }, 'conflicting options: cannot specify both --attach and --detach');
  refuses({ pull: 'foo' }, 'invalid pull option: \'foo\': must be one of "always", "missing" or "never"');
});

test('--entrypoint replaces the entrypoint, and an empty one takes it away', () => {
  assert.deepEqual(parse({ entrypoint: '/bin/ls' }).config.entrypoint, ['/bin/ls']);
  assert.deepEqual(parse({ entrypoint: '' }).config.entrypoint, []);
});
