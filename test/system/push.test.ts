import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { startDockerRegistry } from '../support/docker-registry.js';
import { collect, makeConfig, makeDockerArchive, openImages } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay', 'command:docker-registry', 'command:skopeo');
const LOWER = makeTar([{ path: 'a', content: 'lower' }]);
const UPPER = makeTar([{ path: 'b', content: Buffer.alloc(3_000_000, 7) }, { path: '.wh.a' }]);
const CONFIG = makeConfig([LOWER, UPPER]);

function inspect(name: string, what: string): string {
  const args = ['inspect', '--tls-verify=false', '--format', what, `docker://${name}`];
  return execFileSync('skopeo', args, { encoding: 'utf8' }).trim();
}

test(
  'an image that was loaded is pushed compressed, and what was pulled goes back with its digests',
  needs,
  async (t) => {
    const { host } = await startDockerRegistry(t);
    const { service, root, events } = openImages(t);
    await collect(service.load(streamOf(makeDockerArchive([LOWER, UPPER], [`${host}/a:1`], CONFIG))));
    const image = await service.inspect(`${host}/a:1`);
    const steps = await collect(service.push(`${host}/a:1`));
    const done = steps.at(-1);
    assert.ok(done?.phase === 'done');
    assert.deepEqual(steps[0], { phase: 'resolving', repository: `${host}/a` });
    assert.equal(inspect(`${host}/a:1`, '{{.Digest}}'), done.digest);
    assert.deepEqual(
      new Set(steps.filter(({ phase }) => phase === 'pushed').map((step) => 'digest' in step && step.digest)),
      new Set(image.layers),
    );
    assert.deepEqual((await service.inspect(`${host}/a:1`)).repoDigests, [`${host}/a@${done.digest}`]);
    assert.deepEqual(events.at(-1), {
      type: 'image',
      action: 'push',
      id: `${host}/a:1`,
      attributes: { name: `${host}/a` },
    });

    // Again, and to another repository: nothing is sent twice.
    const again = await collect(service.push(`${host}/a:1`));
    assert.equal(again.filter(({ phase }) => phase === 'exists').length, 2);
    assert.deepEqual(again.at(-1), done);
    assert.deepEqual(readdirSync(join(root, 'ingest')), []);

    const other = openImages(t);
    await collect(other.service.pull(`${host}/a:1`));
    await other.service.tag(`${host}/a:1`, `${host}/b:2`);
    const mounted = await collect(other.service.push(`${host}/b:2`));
    assert.deepEqual(
      mounted.filter(({ phase }) => phase === 'mounted').map((step) => 'from' in step && step.from),
      ['a', 'a'],
    );
    assert.equal(inspect(`${host}/b:2`, '{{.Digest}}'), done.digest, 'the manifest is the one that was pulled');
  },
);

test('a layer goes in pieces where the settings say so, and comes out whole', needs, async (t) => {
  const { host } = await startDockerRegistry(t);
  const { service } = openImages(t, undefined, { uploadChunkBytes: 1_000_000 });
  const random = Buffer.from(Array.from({ length: 2_600_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 0xff));
  const layer = makeTar([{ path: 'big', content: random }]);
  const packed = gzipSync(layer, { level: 0 });
  await collect(service.load(streamOf(makeDockerArchive([packed], [`${host}/big:1`], makeConfig([layer])))));
  await collect(service.push(`${host}/big:1`));
  const other = openImages(t);
  await collect(other.service.pull(`${host}/big:1`));
  assert.equal((await other.service.inspect(`${host}/big:1`)).id, (await service.inspect(`${host}/big:1`)).id);
});

test('a push of what is not there says so in Docker’s words', needs, async (t) => {
  const { service } = openImages(t);
  await collect(service.load(streamOf(makeDockerArchive([LOWER], ['here:1'], makeConfig([LOWER])))));
  const cases: readonly [string, RegExp][] = [
    ['nowhere:1', /^An image does not exist locally with the tag: nowhere$/],
    ['here:2', /^tag does not exist: here:2$/],
    [`here@sha256:${'a'.repeat(64)}`, /^cannot push a digest reference$/],
  ];
  for (const [name, message] of cases) await assert.rejects(collect(service.push(name)), { message });
  await service.tag('here:1', '127.0.0.1:1/x:1');
  await assert.rejects(collect(service.push('127.0.0.1:1/x:1')), {
    kind: 'unavailable',
    message: 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
  });
});
