import assert from 'node:assert/strict';
import { openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Engine } from '../../src/engine/engine.js';
import { imageOf, tarOf } from '../../src/engine/layers/drivers/image-files.js';
import type { CheckOptions } from '../../src/model/finding.js';
import { assertWhole, checkEngine } from '../support/check-state.js';
import { runImage } from '../support/crash-world.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { streamOf } from '../support/tar-fixtures.js';
import { makeTestRoot } from '../support/test-image.js';

const needs = requires('root', 'overlay', 'erofs', 'command:busybox');

/** An engine with one image, whose blob is compressed and so another file than the layer's tar; and the folder of the layer. */
async function openDamaged(t: TestContext): Promise<{ readonly engine: Engine; readonly folder: string }> {
  const world = makeEngineWorld(t, { storageDriver: 'erofs' });
  const engine = await world.open();
  await engine.images.remove('busybox');
  await engine.images.import(streamOf(gzipSync(makeTestRoot())), { reference: 'packed', changes: ['ENV PATH=/bin'] });
  const layers = join(world.options.root, 'erofs', 'layers');
  const [layer = ''] = readdirSync(layers);
  return { engine, folder: join(layers, layer) };
}

function flipByte(path: string, at: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([(readFileSync(path)[at] ?? 0) ^ 1]), 0, 1, at);
}

const PASSWD = 'root:x:0:0';

const DAMAGES: Readonly<Record<string, { readonly damage: (folder: string) => void; readonly seenBy: CheckOptions }>> =
  {
    'a byte of a file in the tar': {
      damage: (folder) => flipByte(tarOf(folder), readFileSync(tarOf(folder)).indexOf(PASSWD)),
      seenBy: {},
    },
    'a mode in the image': { damage: (folder) => flipByte(imageOf(folder), 1_536 + 64 + 4), seenBy: {} },
    'a time in the image': { damage: (folder) => flipByte(imageOf(folder), 1_536 + 64 + 32), seenBy: {} },
    'a tar that is cut off': {
      damage: (folder) => truncateSync(tarOf(folder), statSync(tarOf(folder)).size - 1_024),
      seenBy: { quick: true },
    },
    'a tar that is missing': { damage: (folder) => rmSync(tarOf(folder)), seenBy: { quick: true } },
    'an image that is missing': { damage: (folder) => rmSync(imageOf(folder)), seenBy: { quick: true } },
  };

for (const [what, { damage, seenBy }] of Object.entries(DAMAGES)) {
  test(`${what} is found, and the layer is made again from its blob`, needs, async (t) => {
    const { engine, folder } = await openDamaged(t);
    await assertWhole(engine, 'before');
    damage(folder);
    assert.deepEqual((await checkEngine(engine, seenBy)).kinds, ['layer-damaged']);
    const repaired = await checkEngine(engine, { repair: true });
    assert.deepEqual([repaired.left, repaired.mended], [0, 1]);
    await assertWhole(engine, 'after');
    assert.equal(await runImage(engine, 'packed', ['cat', '/etc/passwd']), 0);
  });
}
