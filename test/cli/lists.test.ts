import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { makeFakeImage } from '../support/fake-images.js';
import { assertGolden } from '../support/golden.js';
import { runCommand } from '../support/run-command.js';

const NOW_MS = Date.UTC(2026, 5, 1, 12);

/** Three containers, made 3 h, 2 min and 5 s before NOW_MS: one has ended, one is paused, one runs. */
async function makeEngine(): Promise<FakeEngine> {
  let nowMs = NOW_MS;
  const engine = new FakeEngine({
    nowMs: () => nowMs,
    images: [
      makeFakeImage(['busybox:latest', 'registry.example:5000/tools/busybox:1.36']),
      makeFakeImage([], { createdAtMs: NOW_MS - 86_400_000 * 20, sizeBytes: 123_456_789 }),
    ],
  });
  nowMs = NOW_MS - 3 * 3_600_000;
  await engine.add({ name: 'job', command: ['sh', '-c', 'exit 3'], labels: { tier: 'batch', a: '1' } });
  await new Promise((resolve) => setImmediate(resolve));
  nowMs = NOW_MS - 120_000;
  await engine.add({
    name: 'cache',
    labels: { tier: 'data' },
    mounts: [{ type: 'volume', source: 'data', target: '/data' }],
  });
  await engine.containers.pause('cache');
  nowMs = NOW_MS - 5000;
  await engine.add({
    name: 'web-日本',
    command: ['sh', '-c', 'sleep a long time'],
    ports: [
      { containerPort: 80, protocol: 'tcp', hostPort: 8080 },
      { containerPort: 53, protocol: 'udp' },
    ],
  });
  nowMs = NOW_MS;
  return engine;
}

async function print(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(await makeEngine(), words, { nowMs: () => NOW_MS });
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return stdout;
}

test('ps is aligned as docker aligns it', async () => {
  assertGolden('cli/ps.txt', await print('ps'));
  assertGolden('cli/ps-all.txt', await print('ps', '-a', '--no-trunc'));
});

test('ps takes templates, tables of templates, and json', async () => {
  assert.equal(await print('ps', '--format', '{{.Names}}\\t{{.State}}'), 'web-日本\trunning\ncache\tpaused\n');
  assertGolden(
    'cli/ps-table.txt',
    await print('ps', '-a', '--format', 'table {{.Names}}\t{{.Label "tier"}}\t{{.Status}}'),
  );
  const [first] = (await print('ps', '--format', 'json')).split('\n');
  const row = JSON.parse(first ?? '');
  assert.equal(row.Names, 'web-日本');
  assert.deepEqual(Object.keys(row), Object.keys(row).toSorted());
});

test('ps -q, -n and -l choose what is shown', async () => {
  assert.match(await print('ps', '-q'), /^[0-9a-f]{12}\n[0-9a-f]{12}\n$/);
  assert.match(await print('ps', '-aq', '--no-trunc'), /^([0-9a-f]{64}\n){3}$/);
  assert.equal(await print('ps', '-l', '--format', '{{.Names}}'), 'web-日本\n');
  assert.equal(await print('ps', '-n', '2', '--format', '{{.Names}}'), 'web-日本\ncache\n');
});

/** Filters of ps with the names they leave. */
const FILTERS: readonly (readonly [readonly string[], string])[] = [
  [['status=exited'], 'job'],
  [['status=paused', 'status=running'], 'web-日本 cache'],
  [['exited=3'], 'job'],
  [['exited=0'], ''],
  [['label=tier'], 'cache job'],
  [['label=tier=data', 'label=tier'], 'cache'],
  [['name=^/web'], 'web-日本'],
  [['name=ac'], 'cache'],
  [['volume=data'], 'cache'],
  [['volume=/data'], 'cache'],
  [['before=cache'], 'job'],
  [['since=job'], 'web-日本 cache'],
  [['ancestor=busybox'], 'web-日本 cache job'],
  [['ancestor=registry.example:5000/tools/busybox:1.36', 'name=job'], 'job'],
  [['ancestor=other'], ''],
  [['publish=80'], 'web-日本'],
  [['health=none', 'name=job'], 'job'],
];

for (const [filters, names] of FILTERS) {
  test(`ps -a --filter ${filters.join(' --filter ')} leaves ${names === '' ? 'none' : names}`, async () => {
    const flags = filters.flatMap((filter) => ['--filter', filter]);
    const printed = await print('ps', '-a', ...flags, '--format', '{{.Names}}');
    assert.equal(printed.trim().split('\n').join(' '), names);
  });
}

test('a filter that does not exist, or cannot be, is refused', async () => {
  const refuse = async (filter: string) =>
    (await runCommand(await makeEngine(), ['ps', '--filter', filter])).stderr.split('\n')[0];
  assert.equal(await refuse('nosuch=1'), "gantry: invalid filter 'nosuch'");
  assert.equal(await refuse('status=foo'), "gantry: invalid filter 'status=foo'");
  assert.equal(
    await refuse('foo'),
    'invalid argument "foo" for "-f, --filter" flag: bad format of filter (expected name=value)',
  );
});

test('a field that is not there is refused with the words of docker', async () => {
  const result = await runCommand(await makeEngine(), ['ps', '--format', '{{.Foo}}']);
  assert.deepEqual(result, {
    code: 1,
    stdout: '',
    stderr:
      'gantry: failed to execute template: template: :1:2: executing "" at <.Foo>: ' +
      "can't evaluate field Foo in type *formatter.ContainerContext\n",
  });
});

test('images lists a row for each name, and those without one', async () => {
  assertGolden('cli/images.txt', await print('images'));
  assert.equal(await print('images', '--format', '{{.Repository}}:{{.Tag}}', 'busybox'), 'busybox:latest\n');
  assert.equal(await print('images', '--filter', 'dangling=true', '--format', '{{.Size}}'), '123MB\n');
  assert.equal(await print('images', '-f', 'reference=*/tools/busy*', '--format', '{{.Tag}}'), '1.36\n');
});

test('history, volumes, networks and embedded images are lists too', async () => {
  assertGolden('cli/history.txt', await print('history', 'busybox'));
  assertGolden('cli/layers.txt', await print('layers', 'busybox'));
  assertGolden('cli/image-files.txt', await print('image', 'files', 'busybox', '/etc'));
  assertGolden('cli/network-ls.txt', await print('network', 'ls'));
  assertGolden('cli/embedded.txt', await print('image', 'embedded'));
  const engine = new FakeEngine();
  engine.images.history = () =>
    Promise.resolve([{ createdAtMs: 0, createdBy: 'gantry embedded host', sizeBytes: 0, emptyLayer: false }]);
  const undated = await runCommand(engine, ['history', '--format', '[{{.CreatedSince}}] [{{.CreatedAt}}]', 'busybox']);
  assert.equal(undated.stdout, '[N/A] []\n');
  await runCommand(engine, ['volume', 'create', '--label', 'a=b', 'data']);
  const volumes = await runCommand(engine, ['volume', 'ls']);
  assert.equal(volumes.stdout, 'DRIVER    VOLUME NAME\nlocal     data\n');
});

test('top and port show processes and published ports', async () => {
  assertGolden('cli/top.txt', await print('top', 'web-日本'));
  assert.equal(
    await print('top', 'web-日本', '-o', 'pid,cmd'),
    'PID                 CMD\n4003                sh -c sleep a long time\n',
  );
  // No port of the host leads to one that others reach at the container's own addresses.
  assert.equal(await print('port', 'web-日本'), '53/udp -> 0.0.0.0:\n80/tcp -> 0.0.0.0:8080\n');
  assert.equal(await print('port', 'web-日本', '80'), '0.0.0.0:8080\n');
});

test('system df and doctor are tables', async () => {
  assertGolden('cli/system-df.txt', await print('system', 'df'));
  assertGolden('cli/system-df-verbose.txt', await printWithVolume('system', 'df', '-v'));
  assertGolden('cli/doctor.txt', await print('doctor'));
});

test('system df --verbose takes a template for all its parts', async () => {
  const format =
    '{{range .Images}}{{.Repository}} {{.UniqueSize}} {{end}}{{range .Volumes}}{{.Name}} {{.Links}}{{end}}';
  const text = await printWithVolume('system', 'df', '-v', '--format', format);
  assert.match(text, /^<none> 123\.5MB busybox 4\.269MB .*data 1\n$/);
  const json = JSON.parse(await printWithVolume('system', 'df', '-v', '--format', 'json'));
  assert.deepEqual(Object.keys(json), ['Images', 'Containers', 'Volumes', 'BuildCache']);
  assert.match(json.Images[0].ID, /^sha256:[0-9a-f]{64}$/);
});

test('doctor gives 1 where something required is missing', async () => {
  const engine = new FakeEngine();
  engine.capabilities = [
    { name: 'namespace pid', status: 'missing', detail: 'EPERM', required: true, cost: 'nothing runs' },
  ];
  const result = await runCommand(engine, ['doctor']);
  assert.equal(result.code, 1);
  assert.equal(result.stderr, 'gantry: namespace pid is missing and required: nothing runs\n');
});

/** As `print`, with a volume too. */
async function printWithVolume(...words: readonly string[]): Promise<string> {
  const engine = await makeEngine();
  await engine.volumes.create({ name: 'data' });
  const { code, stdout, stderr } = await runCommand(engine, words, { nowMs: () => NOW_MS });
  assert.deepEqual([code, stderr], [0, '']);
  assert.notEqual(stdout, '', 'a row at least');
  return stdout;
}

/** What Docker 28 documents that `--format` can show, by command. */
const PLACEHOLDERS: readonly (readonly [string, string])[] = [
  [
    'ps -a',
    'ID Image Command CreatedAt RunningFor Ports State Status Size Names Labels Label("x") Mounts LocalVolumes Networks',
  ],
  ['images', 'ID Repository Tag Digest CreatedSince CreatedAt Size Containers SharedSize UniqueSize VirtualSize'],
  ['volume ls', 'Name Driver Scope Mountpoint Labels Label("x") Links Size Availability Group Status'],
  ['network ls', 'ID Name Driver Scope IPv4 IPv6 Internal Labels Label("x") CreatedAt'],
  ['stats --no-stream', 'Container Name ID CPUPerc MemUsage NetIO BlockIO MemPerc PIDs'],
  ['history busybox', 'ID CreatedAt CreatedSince CreatedBy Size Comment'],
  ['layers busybox', 'Number ID ChainID Size UniqueSize SharedWith CreatedBy'],
  ['image files busybox', 'Change Kind Mode Owner Size Layer Path Target'],
  ['system df', 'Type TotalCount Active Size Reclaimable'],
  [
    'version',
    'Client.Version Client.APIVersion Client.Os Client.Arch Server.Version Server.APIVersion Server.MinAPIVersion',
  ],
];

for (const [command, names] of PLACEHOLDERS) {
  test(`${command} --format knows every placeholder of docker's`, async () => {
    for (const name of names.split(' ')) {
      const field = name.replace(/\("x"\)$/, ' "x"');
      const printed = await printWithVolume(...command.split(' '), '--format', `{{.${field}}}`);
      assert.doesNotMatch(printed, /no value|undefined/, name);
    }
  });
}

test('volumes and networks as json have the keys of docker', async () => {
  const keysOf = async (...words: readonly string[]) =>
    Object.keys(JSON.parse((await printWithVolume(...words, '--format', 'json')).split('\n')[0] ?? '') as object).join(
      ' ',
    );
  assert.equal(
    await keysOf('volume', 'ls'),
    'Availability Driver Group Labels Links Mountpoint Name Scope Size Status',
  );
  assert.equal(await keysOf('network', 'ls'), 'CreatedAt Driver ID IPv4 IPv6 Internal Labels Name Scope');
});
