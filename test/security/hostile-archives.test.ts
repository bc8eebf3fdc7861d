import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz, readCorpus } from '../support/fuzz.js';
import {
  assertStoresEmpty,
  collect,
  digestOf,
  makeConfig,
  makeDockerArchive,
  openImages,
} from '../support/image-fixtures.js';
import { mutateBytes, mutateJson, pick } from '../support/mutate.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';

const needs = requires('root');
const LAYER = makeTar([{ path: 'file', content: 'x' }]);

function blobPath(bytes: Buffer): string {
  return `blobs/${digestOf(bytes).replace(':', '/')}`;
}

test('an archive whose indexes name each other over and over is gone through once', needs, async (t) => {
  const { root, service, layers } = openImages(t);
  const files: Buffer[] = [];
  const makeIndex = (child: Buffer, platform?: object): Buffer => {
    const descriptor = { digest: digestOf(child), size: child.length, platform };
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: Array(2000).fill(descriptor) }));
    files.push(index);
    return index;
  };
  // Three levels of 2,000: eight billion ways to what is for another machine.
  const top = makeIndex(makeIndex(makeIndex(Buffer.from('{}'), { architecture: 'vax' })));
  const archive = makeTar([
    ...files.map((content) => ({ path: blobPath(content), content })),
    { path: 'index.json', content: JSON.stringify({ manifests: [{ digest: digestOf(top), size: top.length }] }) },
  ]);
  await assert.rejects(collect(service.load(streamOf(archive))), {
    name: 'EngineError',
    message: /no image for this machine/,
  });
  await assertStoresEmpty(root, layers);
});

test(
  'an archive that names one large config over and over has it in memory once, and many of them are refused',
  needs,
  async (t) => {
    const { root, service, layers } = openImages(t);
    const large = (fill: number) => Buffer.alloc(15 << 20, fill);
    const images = Array(400).fill({ Config: 'config.json', RepoTags: [], Layers: [] });
    const same = makeTar([
      { path: 'config.json', content: large(0x20) },
      { path: 'manifest.json', content: JSON.stringify(images) },
    ]);
    const before = process.memoryUsage().arrayBuffers;
    await assert.rejects(collect(service.load(streamOf(same))), { name: 'EngineError', message: /no JSON/ });
    assert.ok(process.memoryUsage().arrayBuffers - before < 300 << 20);
    const several = [1, 2, 3, 4, 5].map((index) => ({ path: `${index}.json`, content: large(index) }));
    const manifest = several.map(({ path }) => ({ Config: path, RepoTags: [], Layers: [] }));
    const many = makeTar([...several, { path: 'manifest.json', content: JSON.stringify(manifest) }]);
    await assert.rejects(collect(service.load(streamOf(many))), { name: 'EngineError', message: /too large/ });
    await assertStoresEmpty(root, layers);
  },
);

/** Archives of one image with something changed: its bytes, its layer, its config, or what says what is where. */
test(
  'archives of images that are changed anywhere are loaded or refused, and nothing else is left',
  needs,
  async (t) => {
    const { root, service, layers, images } = openImages(t);
    const whole = makeDockerArchive([LAYER], ['demo:1']);
    const tars = readCorpus('tar');
    const config = JSON.parse(makeConfig([LAYER]).toString()) as unknown;
    const configs = [config, ...readCorpus('image-config').map((bytes) => JSON.parse(bytes.toString()) as unknown)];
    const manifest = [{ Config: 'config.json', RepoTags: ['demo:1'], Layers: ['layer'] }];
    await fuzz(t, {
      rounds: 30,
      make(random) {
        switch (random(4)) {
          case 0:
            return mutateBytes(random, [whole]);
          case 1:
            return makeDockerArchive([mutateBytes(random, tars)], ['demo:1']);
          case 2:
            return makeDockerArchive([LAYER], ['demo:1'], Buffer.from(JSON.stringify(mutateJson(random, configs))));
          default:
            return makeTar([
              { path: 'layer', content: pick(random, [LAYER, ...tars]) },
              { path: 'config.json', content: JSON.stringify(config) },
              { path: 'manifest.json', content: JSON.stringify(mutateJson(random, [manifest])) },
            ]);
        }
      },
      async run(archive) {
        await collect(service.load(streamOf(archive)));
        for (const { id } of await service.list()) await service.remove(id, { force: true });
      },
    });
    for (const { id } of await service.list()) await service.remove(id, { force: true });
    assert.equal(images.list().length, 0);
    await assertStoresEmpty(root, layers);
  },
);
