import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { type Hook, startFakeRegistry } from '../support/fake-registry.js';
import { assertStoresEmpty, collect, openImages } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { crashMode } from '../support/system-calls.js';
import { makeTar } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay');
/** Bytes that do not compress. */
const NOISE = Buffer.concat(Array.from({ length: 8_000 }, (_, i) => createHash('sha256').update(String(i)).digest()));

/** The answer to what is asked for a layer's blob. */
async function open(t: TestContext, answer: (response: Parameters<Hook>[1], bytes: Buffer) => void) {
  const registry = await startFakeRegistry(t);
  registry.add('1', [makeTar([{ path: 'noise', content: NOISE }])]);
  let asked = 0;
  registry.hook = ({ method, path }, response) => {
    const bytes = registry.blobs.get(path.split('/').at(-1) ?? '');
    if (method !== 'GET' || !path.includes('/blobs/') || bytes === undefined || bytes.length < 100_000) return false;
    asked++;
    answer(response, bytes);
    return true;
  };
  const images = openImages(t);
  const pull = (signal?: AbortSignal) =>
    collect(images.service.pull(`${registry.host}/some/demo:1`, signal === undefined ? {} : { signal }));
  return { ...images, pull, asked: () => asked };
}

test('a body that never ends is cut off where it is too long, and nothing is left', needs, async (t) => {
  let sent = 0;
  const { pull, root, layers } = await open(t, (response, bytes) => {
    response.writeHead(200);
    response.write(bytes);
    const more = (): void => {
      while (!response.destroyed && response.write(NOISE)) sent += NOISE.length;
      sent += NOISE.length;
    };
    response.on('drain', more);
    response.on('error', () => undefined);
    more();
  });
  await assert.rejects(pull(), /content of the wrong size|wrong size/);
  assert.ok(sent < 200 << 20, `${sent} bytes were taken`);
  await assertStoresEmpty(root, layers);
});

test('a body that is always short is given up, and nothing is left', needs, async (t) => {
  const { pull, root, layers, asked } = await open(t, (response, bytes) => {
    const part = bytes.subarray(0, 90_000);
    response.writeHead(200, { 'content-length': String(part.length) });
    response.end(part);
  });
  await assert.rejects(pull(), /\w+ \w+/);
  t.diagnostic(`asked ${asked()} times`);
  assert.ok(asked() < 20);
  await assertStoresEmpty(root, layers);
});

test(
  'a registry that stands still in the middle of a body can be called off, and nothing is left',
  needs,
  async (t) => {
    const stop = new AbortController();
    const { pull, root, layers } = await open(t, (response, bytes) => {
      response.writeHead(200, { 'content-length': String(bytes.length) });
      response.write(bytes.subarray(0, 90_000), () => stop.abort());
    });
    await assert.rejects(pull(stop.signal), { kind: 'cancelled' });
    await assertStoresEmpty(root, layers);
  },
);

test('a registry that stands still is left after a minute, for each attempt', {
  ...needs,
  ...(crashMode.isSample && { skip: crashMode.text }),
  timeout: 900_000,
}, async (t) => {
  const { pull, root, layers, asked } = await open(t, (response, bytes) => {
    response.writeHead(200, { 'content-length': String(bytes.length) });
    response.write(bytes.subarray(0, 90_000));
  });
  await assert.rejects(pull(), /timeout/);
  t.diagnostic(`asked ${asked()} times`);
  await assertStoresEmpty(root, layers);
});
