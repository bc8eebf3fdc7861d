import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { PlanOperation } from '../../src/engine/isolation/init-plan-encoding.js';
import { ALL_NAMESPACES, containerOperations, type LaunchFolder, makeLaunchFolder } from '../support/launch-driver.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');
const DOCKER_CAPABILITIES = 'a80425fb';
let folder: LaunchFolder;

before(() => {
  folder = makeLaunchFolder();
});
after(() => folder.remove());

/** A layer that holds one link, to lie over the one of busybox. */
function layerWithLink(name: string, target: string): string {
  const layer = join(folder.path, `link-${name}-${readdirSync(folder.path).length}`);
  mkdirSync(layer);
  symlinkSync(target, join(layer, name));
  return layer;
}

function run(operations: readonly PlanOperation[]) {
  return folder.run({ settings: [ALL_NAMESPACES], operations });
}

test('an image whose /proc is a link is refused (CVE-2019-16884)', needs, async () => {
  const layer = layerWithLink('proc', '/evil');
  const { failed } = await run(containerOperations(folder.overlay([layer, folder.layer]), ['true']));
  assert.deepEqual([failed?.operation, failed?.target, failed?.errno], ['mount', '/proc', 'ELOOP']);
});

test(
  'an image whose /dev is a link is refused and the folder it points to stays empty (CVE-2026-41579)',
  needs,
  async () => {
    const host = join(folder.path, 'host-folder');
    mkdirSync(host);
    for (const target of [host, join('/../../..', host)]) {
      const layer = layerWithLink('dev', target);
      const { failed } = await run(containerOperations(folder.overlay([layer, folder.layer]), ['true']));
      assert.deepEqual([failed?.operation, failed?.target, failed?.errno], ['mount', '/dev', 'ELOOP']);
      assert.deepEqual(readdirSync(host), []);
    }
  },
);

test('a link in the image does not lead a bind out of the root', needs, async () => {
  const host = join(folder.path, 'outside');
  const volume = join(folder.path, 'volume');
  mkdirSync(host);
  mkdirSync(volume);
  writeFileSync(join(volume, 'inside'), 'inside\n');
  const layer = layerWithLink('data', join('/../../../..', host));
  const root = folder.overlay([layer, folder.layer]);
  const result = await run(
    containerOperations(root, ['cat', '/data/sub/inside'], { beforePivot: [['bind', volume, '/data/sub', 'rec']] }),
  );
  assert.equal(result.output, 'inside\n');
  assert.deepEqual(readdirSync(host), []);
});

test('a working directory behind a descriptor is refused (CVE-2024-21626)', needs, async () => {
  // Each number may be one that is open at that moment, or that the search for the path itself opens.
  for (let descriptor = 0; descriptor <= 20; descriptor++) {
    const { failed } = await run(
      containerOperations(folder.overlay(), ['true'], {
        afterPivot: [['directory', `/proc/self/fd/${descriptor}`, 'make']],
      }),
    );
    assert.equal(failed?.operation, 'directory', `descriptor ${descriptor}`);
  }
});

test('a working directory that is missing is made, below a link that dangles too', needs, async () => {
  const layer = layerWithLink('var', 'srv/var');
  const root = folder.overlay([layer, folder.layer]);
  const result = await run(
    containerOperations(root, ['sh', '-c', 'readlink /proc/self/cwd'], {
      afterPivot: [['directory', '/var/lib/work', 'make']],
    }),
  );
  assert.equal(result.output, '/srv/var/lib/work\n');
});

test('the program has descriptors 0 to 2 and no others', needs, async () => {
  const { output } = await run(containerOperations(folder.overlay(), ['sh', '-c', 'ls /proc/$$/fd; true']));
  assert.deepEqual(output.trim().split('\n'), ['0', '1', '2']);
});

test('standard input of /dev/null is the /dev/null of the container', needs, async () => {
  const script = 'stat -L -c %d /proc/self/fd/0 /dev/null';
  const { output } = await run(containerOperations(folder.overlay(), ['sh', '-c', script]));
  const [input, own] = output.trim().split('\n');
  assert.equal(input, own);
});

test('capabilities are those of the plan; none are inherited or ambient (CVE-2022-29162)', needs, async () => {
  const { output } = await run(
    containerOperations(folder.overlay(), ['grep', '-E', '^(Cap|Groups|NoNewPrivs)', '/proc/self/status'], {
      afterPivot: [
        ['bounding', DOCKER_CAPABILITIES],
        ['user', 0, 0, 5, 6],
        ['capabilities', DOCKER_CAPABILITIES, DOCKER_CAPABILITIES, '0', '0'],
        ['no-new-privileges'],
      ],
    }),
  );
  const fields = new Map(output.split('\n').map((line) => line.split(/:\s*/, 2) as [string, string]));
  const mask = DOCKER_CAPABILITIES.padStart(16, '0');
  for (const name of ['CapPrm', 'CapEff', 'CapBnd']) {
    assert.equal(fields.get(name), mask, name);
  }
  for (const name of ['CapInh', 'CapAmb']) {
    assert.equal(fields.get(name), '0'.repeat(16), name);
  }
  assert.equal(fields.get('Groups')?.trim(), '5 6');
  assert.equal(fields.get('NoNewPrivs'), '1');
});

test(
  'a user who is not root has no capabilities, only the groups of the plan, and owns the streams',
  needs,
  async () => {
    const script = 'grep -E "^(Uid|Gid|Groups|Cap[PE])" /proc/self/status; stat -L -c %u /proc/self/fd/1';
    const { output } = await run(
      containerOperations(folder.overlay(), ['sh', '-c', script], {
        afterPivot: [
          ['user', 1000, 1001],
          ['capabilities', '0', DOCKER_CAPABILITIES, '0', '0'],
        ],
      }),
    );
    const none = '0'.repeat(16);
    const expected = [
      'Uid: 1000 1000 1000 1000',
      'Gid: 1001 1001 1001 1001',
      'Groups:',
      `CapPrm: ${none}`,
      `CapEff: ${none}`,
      '1000',
    ];
    assert.deepEqual(
      output
        .trim()
        .split('\n')
        .map((line) => line.trim().replaceAll('\t', ' ')),
      expected,
    );
  },
);

test(
  'masked files read as empty, masked folders have nothing in them, read-only ones refuse writes',
  needs,
  async () => {
    const script =
      'cat /proc/keys; ls /sys/firmware; echo 1 2>/dev/null >/proc/sys/net/ipv4/ip_forward || echo refused';
    const { output } = await run(containerOperations(folder.overlay(), ['sh', '-c', script]));
    assert.equal(output, 'refused\n');
  },
);

test('a volume over /proc/sys does not get what a sysctl writes (CVE-2025-52881)', needs, async () => {
  const volume = join(folder.path, 'fake-sys');
  mkdirSync(join(volume, 'net/ipv4'), { recursive: true });
  writeFileSync(join(volume, 'net/ipv4/ip_default_ttl'), 'untouched');
  const { exit } = await run(
    containerOperations(folder.overlay(), ['true'], {
      beforePivot: [['bind', volume, '/proc/sys', 'rec,strict']],
      afterPivot: [['sysctl', 'net/ipv4/ip_default_ttl', '78']],
    }),
  );
  assert.equal(exit?.exitCode, 0);
  assert.equal(readFileSync(join(volume, 'net/ipv4/ip_default_ttl'), 'utf8'), 'untouched');
});

test('a /dev/null of another kind masks nothing (CVE-2025-31133)', needs, async () => {
  const volume = join(folder.path, 'fake-dev');
  mkdirSync(volume);
  writeFileSync(join(volume, 'secret'), 'secret\n');
  symlinkSync('secret', join(volume, 'null'));
  const { failed } = await run([
    folder.overlay(),
    ['mount', 'proc', 'proc', '/proc', 'strict'],
    ['bind', volume, '/dev', 'rec'],
    ['mask', '/proc/keys'],
    ['pivot'],
    ['exec', 'true'],
  ]);
  assert.deepEqual([failed?.operation, failed?.target], ['mask', '/proc/keys']);
});

test('a devpts that is a link or another file system gives no terminal (CVE-2025-52565)', needs, async () => {
  const volume = join(folder.path, 'fake-pts');
  mkdirSync(volume);
  writeFileSync(join(volume, 'ptmx'), '');
  for (const fake of [['bind', volume, '/dev/pts', 'rec'] as const, ['symlink', '/proc', '/dev/pts'] as const]) {
    const { failed } = await folder.run({
      settings: [ALL_NAMESPACES, ['terminal', 80, 24]],
      operations: [
        folder.overlay(),
        ['mount', 'tmpfs', 'tmpfs', '/dev', 'strict'],
        fake,
        ['console', '/dev/console'],
        ['pivot'],
        ['exec', 'true'],
      ],
    });
    assert.equal(failed?.operation, 'console');
  }
});

test(
  'nothing of the host lies over the root, even where something lay over the root of the host',
  requires('root', 'overlay', 'command:busybox', 'command:unshare'),
  async () => {
    const operations = containerOperations(folder.overlay(), [
      'sh',
      '-c',
      'grep -c " / / " /proc/self/mountinfo; ls -di / /..',
    ]);
    const plan = { settings: [ALL_NAMESPACES], operations };
    for (const script of ['true', 'mount --bind / /', 'mount --bind / / && mount -t tmpfs tmpfs /..']) {
      const { output, failed } = await folder.launch(plan, script).ended;
      assert.equal(failed, undefined, script);
      const [mounts, root, above] = output.trim().split('\n');
      assert.equal(mounts, '1', script);
      assert.equal(root?.split(' ')[0], above?.split(' ')[0], script);
    }
  },
);

test('what is mounted for a container is not seen by the host', needs, async () => {
  const launch = folder.launch({
    settings: [ALL_NAMESPACES],
    operations: containerOperations(folder.overlay(), ['sleep', '1000']),
  });
  assert.ok((await launch.started).started);
  assert.ok(!readFileSync('/proc/self/mounts', 'utf8').includes(folder.path));
  launch.kill();
  await launch.ended;
});
