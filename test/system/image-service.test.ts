import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { hostImageMounts } from '../../src/engine/images/host-image.js';
import {
  assertStoresEmpty,
  collect,
  digestOf,
  makeConfig,
  makeDockerArchive,
  openImages,
  readAll,
} from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';
import { walkTree } from '../support/walk-tree.js';

const needs = requires('root', 'overlay');
const LOWER = makeTar([{ path: 'a', content: 'lower' }]);
const UPPER = makeTar([{ path: 'b', content: 'upper!' }, { path: '.wh.a' }]);

test('an archive of docker save is loaded with its names, layers, config and history', needs, async (t) => {
  const { service, layers, events } = openImages(t);
  const config = makeConfig([LOWER, UPPER, LOWER], {
    Cmd: ['run', 'it'],
    Entrypoint: ['/init'],
    Env: ['A=1', 'B=x=y'],
    ExposedPorts: { '80/tcp': {} },
    Healthcheck: { Test: ['CMD', 'true'], Interval: 5_000_000_000 },
    Labels: { l: 'v' },
    User: '1000',
    Volumes: { '/data': {} },
    WorkingDir: '/w',
  });
  const progress = await collect(
    service.load(streamOf(makeDockerArchive([LOWER, UPPER, LOWER], ['demo:1', 'ghcr.io/a/b:2'], config))),
  );
  const image = await service.inspect('demo:1');
  assert.deepEqual(progress.at(-1), { phase: 'done', imageId: image.id, references: ['demo:1', 'ghcr.io/a/b:2'] });
  assert.equal(progress.filter(({ phase }) => phase === 'complete').length, 3);
  assert.equal(image.id, digestOf(config));
  assert.equal(image.sizeBytes, 5 + 6 + 5);
  assert.deepEqual(image.config, {
    command: ['run', 'it'],
    entrypoint: ['/init'],
    env: { A: '1', B: 'x=y' },
    exposedPorts: ['80/tcp'],
    healthcheck: { test: ['CMD', 'true'], intervalMs: 5_000 },
    labels: { l: 'v' },
    user: '1000',
    volumes: ['/data'],
    workingDir: '/w',
  });
  for (const ref of ['docker.io/library/demo:1', image.id, image.id.slice(7, 19), 'ghcr.io/a/b:2']) {
    assert.equal((await service.inspect(ref)).id, image.id, ref);
  }
  assert.deepEqual(
    (await service.history('demo:1')).map(({ createdBy, sizeBytes }) => [createdBy, sizeBytes]),
    [
      ['CMD', 0],
      ['layer 2', 5],
      ['layer 1', 6],
      ['layer 0', 5],
    ],
  );
  assert.equal(layers.list().length, 3);
  assert.deepEqual(
    events.map(({ action }) => action),
    ['load'],
  );
});

test('an OCI layout is loaded, compressed layers and a compressed archive too', needs, async (t) => {
  const { service } = openImages(t);
  const packed = [gzipSync(LOWER), zstdCompressSync(UPPER)];
  const config = makeConfig([LOWER, UPPER]);
  const describe = (bytes: Buffer) => ({ digest: digestOf(bytes), size: bytes.length });
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, config: describe(config), layers: packed.map(describe) }),
  );
  const index = {
    manifests: [
      { ...describe(Buffer.from('attestation')), annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } },
      { ...describe(manifest), annotations: { 'org.opencontainers.image.ref.name': 'oci-demo:latest' } },
    ],
  };
  const blobs = [config, manifest, ...packed].map((content) => ({
    path: `blobs/sha256/${digestOf(content).slice(7)}`,
    content,
  }));
  const archive = makeTar([
    ...blobs,
    { path: 'index.json', content: JSON.stringify(index) },
    { path: 'oci-layout', content: '{}' },
  ]);
  await collect(service.load(streamOf(gzipSync(archive))));
  assert.equal((await service.inspect('oci-demo')).id, digestOf(config));
  const saved = await readAll(await service.save(['oci-demo']));
  assert.ok(saved.includes(packed[0] ?? ''), 'a saved layer is the very blob that came');
});

test('a name without a tag is saved with all the tags that it has', needs, async (t) => {
  const { service } = openImages(t);
  await collect(service.load(streamOf(makeDockerArchive([LOWER], ['demo:1', 'demo:1.0', 'demo2:1']))));
  await collect(service.load(streamOf(makeDockerArchive([UPPER], ['demo:2']))));
  const other = openImages(t).service;
  await collect(other.load(streamOf(await readAll(await service.save(['docker.io/library/demo'])))));
  const names = (await other.list()).flatMap(({ repoTags }) => repoTags);
  assert.deepEqual(names.sort(), ['demo:1', 'demo:1.0', 'demo:2']);
  const { id } = await service.inspect('demo:2');
  const byId = openImages(t).service;
  await collect(byId.load(streamOf(await readAll(await service.save([id.slice(7)])))));
  assert.deepEqual(
    (await byId.list()).map((image) => [image.id, image.repoTags]),
    [[id, []]],
  );
});

test(
  'what save writes is loaded with the same ids, and read by skopeo',
  requires('root', 'overlay', 'command:skopeo'),
  async (t) => {
    const { root, service } = openImages(t);
    await collect(service.load(streamOf(makeDockerArchive([LOWER, UPPER], ['demo:1']))));
    const image = await service.inspect('demo:1');
    const saved = await readAll(await service.save(['demo:1']));
    const other = openImages(t);
    await collect(other.service.load(streamOf(saved)));
    assert.deepEqual({ ...(await other.service.inspect('demo:1')) }, image);
    const path = join(root, 'saved.tar');
    writeFileSync(path, saved);
    for (const transport of [`docker-archive:${path}`, `oci-archive:${path}`]) {
      const config: unknown = JSON.parse(
        execFileSync('skopeo', ['inspect', '--config', transport], { encoding: 'utf8' }),
      );
      assert.deepEqual(
        (config as { rootfs: { diff_ids: string[] } }).rootfs.diff_ids,
        [LOWER, UPPER].map(digestOf),
        transport,
      );
    }
    execFileSync('skopeo', ['copy', '--quiet', `docker-archive:${path}`, `oci:${join(root, 'copied')}:x`]);
  },
);

test('archives that are broken or hostile leave nothing', needs, async (t) => {
  const { root, service, layers } = openImages(t);
  const good = makeDockerArchive([LOWER, UPPER], ['demo:1']);
  const withManifest = (manifest: unknown) => makeTar([{ path: 'manifest.json', content: JSON.stringify(manifest) }]);
  const bad: readonly (readonly [Buffer, RegExp])[] = [
    [makeDockerArchive([LOWER, UPPER], ['demo:1'], makeConfig([LOWER, LOWER])), /is not what it should be/],
    // Its config gives the digest of what is packed as that of the tar in it.
    [makeDockerArchive([gzipSync(LOWER)], ['demo:1'], makeConfig([gzipSync(LOWER)])), /is not what it should be/],
    [makeDockerArchive([LOWER], ['demo:1'], makeConfig([LOWER, UPPER])), /has 1 layers and its config names 2/],
    [makeDockerArchive([LOWER, makeTar([{ path: '../x' }])], ['demo:1']), /leads out of the root/],
    [makeDockerArchive([LOWER], ['Demo:1']), /must be lowercase/],
    [makeDockerArchive([LOWER], ['demo:1'], Buffer.from('{')), /no JSON/],
    [withManifest([{ Config: '../../../etc/passwd', RepoTags: [], Layers: [] }]), /leads out of the root/],
    [withManifest([{ Config: 'missing.json', RepoTags: [], Layers: [] }]), /no file "missing.json"/],
    [makeTar([{ kind: 'symlink', path: 'manifest.json', target: '../../etc/passwd' }]), /link out of itself/],
    [
      makeTar([{ kind: 'symlink', path: 'manifest.json', target: 'manifest.json' }]),
      /neither manifest.json nor index.json/,
    ],
    [makeTar([{ path: 'x', content: 'y' }]), /neither manifest.json nor index.json/],
    [good.subarray(0, good.length - 2048), /cut off/],
    [gzipSync(good).subarray(0, 300), /damaged or cut off/],
    [Buffer.from('no archive'), /cut off/],
  ];
  for (const [archive, message] of bad) {
    await assert.rejects(collect(service.load(streamOf(archive))), {
      name: 'EngineError',
      kind: 'invalid-argument',
      message,
    });
    await assertStoresEmpty(root, layers);
  }
  assert.deepEqual(await service.list(), []);
});

test('a load that is cancelled leaves nothing', needs, async (t) => {
  const { root, service, layers } = openImages(t);
  const stop = new AbortController();
  async function* stopping(): AsyncGenerator<Uint8Array> {
    const archive = makeDockerArchive([LOWER, UPPER], ['demo:1']);
    yield archive.subarray(0, 2048);
    stop.abort();
    await Promise.resolve();
    yield archive.subarray(2048);
  }
  await assert.rejects(collect(service.load(stopping(), { signal: stop.signal })), { kind: 'cancelled' });
  await assertStoresEmpty(root, layers);
});

test('a root file system is imported with the changes asked for', needs, async (t) => {
  const { root, service, layers } = openImages(t);
  const image = await service.import(streamOf(gzipSync(LOWER)), {
    reference: 'mine',
    message: 'by hand',
    changes: [
      'CMD ["a", "b"]',
      'ENV X="1 2" Y=3',
      'EXPOSE 80 53/udp',
      'LABEL l=v',
      'WORKDIR /w',
      'USER nobody',
      'VOLUME /data',
      'ENTRYPOINT run',
    ],
  });
  assert.deepEqual(image.repoTags, ['mine:latest']);
  assert.equal(image.comment, 'by hand');
  assert.deepEqual(image.layers, [digestOf(LOWER)]);
  assert.deepEqual(image.config, {
    command: ['a', 'b'],
    entrypoint: ['/bin/sh', '-c', 'run'],
    env: { X: '1 2', Y: '3' },
    exposedPorts: ['80/tcp', '53/udp'],
    labels: { l: 'v' },
    user: 'nobody',
    volumes: ['/data'],
    workingDir: '/w',
  });
  await service.remove('mine');
  for (const changes of [['RUN x'], ['ENV X'], ['EXPOSE 99999']]) {
    await assert.rejects(service.import(streamOf(LOWER), { changes }), { kind: 'invalid-argument' });
  }
  await assert.rejects(service.import(streamOf(LOWER), { reference: 'Bad Name' }), {
    message: /invalid reference format/,
  });
  await assertStoresEmpty(root, layers);
});

test('the last name takes the image along; layers that others use stay', needs, async (t) => {
  const { root, service, layers, events } = openImages(t);
  await collect(service.load(streamOf(makeDockerArchive([LOWER], ['base:1']))));
  await collect(service.load(streamOf(makeDockerArchive([LOWER, UPPER], ['demo:1']))));
  const demo = await service.inspect('demo:1');
  await service.tag('demo:1', 'other/demo:2');
  assert.deepEqual((await service.inspect('demo:1')).repoTags, ['demo:1', 'other/demo:2']);
  await assert.rejects(service.remove(demo.id), {
    kind: 'conflict',
    message: `conflict: unable to delete ${demo.id.slice(7, 19)} (must be forced) - image is referenced in multiple repositories`,
  });
  assert.deepEqual(await service.remove('other/demo:2'), [{ untagged: 'other/demo:2' }]);
  const removed = await service.remove('demo:1');
  assert.deepEqual(removed.slice(0, 2), [{ untagged: 'demo:1' }, { deleted: demo.id }]);
  assert.equal(removed.length, 3);
  assert.equal(layers.list().length, 1);
  await assert.rejects(service.inspect('demo:1'), { kind: 'not-found', message: 'No such image: demo:1' });
  await assert.rejects(service.remove('demo'), { kind: 'not-found', message: 'No such image: demo:latest' });
  await service.remove('base:1');
  await assertStoresEmpty(root, layers);
  assert.deepEqual(
    events.map(({ action }) => action),
    ['load', 'load', 'tag', 'untag', 'untag', 'delete', 'untag', 'delete'],
  );
});

test('an image that a container has is kept, and why is said in docker words', needs, async (t) => {
  const { service, users, layers } = openImages(t);
  await collect(service.load(streamOf(makeDockerArchive([LOWER], ['demo:1']))));
  const { id } = await service.inspect('demo:1');
  const user = { id: 'c'.repeat(64), running: false };
  users.set(id, [user]);
  await assert.rejects(service.remove('demo:1'), {
    kind: 'conflict',
    message: `conflict: unable to remove repository reference "demo:1" (must force) - container cccccccccccc is using its referenced image ${id.slice(7, 19)}`,
  });
  await assert.rejects(service.remove(id), {
    message: `conflict: unable to delete ${id.slice(7, 19)} (must be forced) - image is being used by stopped container cccccccccccc`,
  });
  users.set(id, [{ ...user, running: true }]);
  await assert.rejects(service.remove(id, { force: true }), {
    message: `conflict: unable to delete ${id.slice(7, 19)} (cannot be forced) - image is being used by running container cccccccccccc`,
  });
  assert.deepEqual(await service.remove('demo:1', { force: true }), [{ untagged: 'demo:1' }]);
  assert.deepEqual(await service.prune(), { removed: [], reclaimedBytes: 0 });
  users.clear();
  const pruned = await service.prune();
  assert.equal(pruned.removed[0], id);
  assert.ok(pruned.reclaimedBytes > 5);
  assert.deepEqual(layers.list(), []);
});

test('prune takes images without a name, with all every one that is not in use', needs, async (t) => {
  const { service } = openImages(t);
  await collect(service.load(streamOf(makeDockerArchive([LOWER], ['old:1']))));
  await collect(
    service.load(streamOf(makeDockerArchive([UPPER], ['old:1'], makeConfig([UPPER], { Labels: { keep: 'yes' } })))),
  );
  assert.equal((await service.list()).length, 2);
  assert.equal((await service.prune()).removed.length, 2);
  assert.equal((await service.prune({ all: true, withoutLabels: { keep: undefined } })).removed.length, 0);
  assert.equal((await service.prune({ all: true, labels: { keep: 'yes' } })).removed.length, 3);
  assert.deepEqual(await service.list(), []);
});

test('the embedded images are made of nothing but this host', needs, async (t) => {
  const { service, layers } = openImages(t);
  const hello = await service.addEmbedded('hello');
  assert.equal(hello.embedded, 'hello');
  const [folder = ''] = layers.lowers(hello.layers[0] as never);
  assert.match(execFileSync(join(folder, 'hello'), { encoding: 'utf8' }), /^Hello from Gantry\./);
  assert.equal((await service.addEmbedded('hello')).id, hello.id);

  const host = await service.addEmbedded('host');
  const tree = await walkTree({ kind: 'directory', path: layers.lowers(host.layers[0] as never)[0] ?? '' });
  assert.equal(tree.get('usr')?.kind, 'directory');
  for (const path of ['etc/shadow', 'etc/gshadow', 'etc/ssh']) assert.equal(tree.has(path), false, path);
  for (const folderPath of ['home', 'root', 'usr']) {
    assert.deepEqual(
      [...tree.keys()].filter((path) => path.startsWith(`${folderPath}/`)),
      [],
    );
  }
  assert.deepEqual(hostImageMounts(host)[0], {
    type: 'bind',
    source: '/usr',
    target: '/usr',
    readOnly: true,
    propagation: 'rprivate',
  });
  assert.deepEqual(hostImageMounts(hello), []);

  const saved = await readAll(await service.save(['host']));
  const other = openImages(t);
  await collect(other.service.load(streamOf(saved)));
  assert.deepEqual(
    hostImageMounts(await other.service.inspect('host')),
    [],
    'an image from elsewhere gets nothing of this host',
  );
  await assert.rejects(service.addEmbedded('nothing' as never), { kind: 'not-found' });
});

test(
  'the busybox image runs its applets',
  requires('root', 'overlay', 'command:busybox', 'command:chroot'),
  async (t) => {
    const { service, layers } = openImages(t);
    const available = (await service.embedded()).find(({ name }) => name === 'busybox');
    if (available?.unavailable !== undefined) {
      t.skip(available.unavailable);
      return;
    }
    const image = await service.addEmbedded('busybox');
    const [folder = ''] = layers.lowers(image.layers[0] as never);
    const output = execFileSync('chroot', [folder, '/bin/sh', '-c', 'echo $((6*7)); cat /etc/passwd | head -n 1'], {
      encoding: 'utf8',
    });
    assert.equal(output, '42\nroot:x:0:0:root:/root:/bin/sh\n');
  },
);
