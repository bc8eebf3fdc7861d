import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Descriptor } from '../../src/model/descriptor.js';
import type { Digest } from '../../src/model/ids.js';
import type { Platform } from '../../src/model/image.js';
import { parseManifest } from '../../src/model/manifest.js';
import { DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../../src/model/media-types.js';
import { isPlatform, selectManifest } from '../../src/model/platform.js';

const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;
const BLOB = { mediaType: 'application/octet-stream', digest: DIGEST, size: 3 };
const IMAGE = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: BLOB, layers: [BLOB] };
const INDEX = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [BLOB] };

function parse(document: object, contentType?: string) {
  return parseManifest(Buffer.from(JSON.stringify(document)), contentType);
}

test('a manifest is read by what it says it is, or by what it was sent as', () => {
  assert.deepEqual(parse(IMAGE), { kind: 'image', mediaType: OCI_MANIFEST, config: BLOB, layers: [BLOB] });
  assert.deepEqual(parse(INDEX, OCI_INDEX), { kind: 'index', mediaType: OCI_INDEX, manifests: [BLOB] });
  const { mediaType: _, ...untyped } = IMAGE;
  assert.equal(parse(untyped).mediaType, OCI_MANIFEST);
  assert.equal(parse(untyped, OCI_MANIFEST).mediaType, OCI_MANIFEST);
  assert.equal(parse({ schemaVersion: 2, manifests: [] }).kind, 'index');
});

test('a manifest that is malformed or could be two things is refused', () => {
  const cases: readonly [object, string | undefined, RegExp][] = [
    [{ ...IMAGE, manifests: [BLOB] }, undefined, /index and an image at once/],
    [{ ...INDEX, layers: [] }, undefined, /index and an image at once/],
    [{ ...INDEX, config: BLOB }, undefined, /index and an image at once/],
    [IMAGE, OCI_INDEX, /says it is ".*manifest.v1\+json" and was sent as ".*index/],
    [{ ...IMAGE, mediaType: undefined }, DOCKER_MANIFEST, /does not say its media type/],
    [{ ...IMAGE, mediaType: 'text/html' }, undefined, /unknown media type "text\/html"/],
    [{ ...IMAGE, schemaVersion: 3 }, undefined, /schema version 3/],
    [{ schemaVersion: 1, fsLayers: [] }, undefined, /Docker schema version 1/],
    [{ ...IMAGE, config: { ...BLOB, digest: 'sha256:../../etc' } }, undefined, /invalid digest/],
    [{ ...IMAGE, layers: [{ ...BLOB, size: -1 }] }, undefined, /invalid size/],
    [{ ...IMAGE, layers: [{ ...BLOB, size: 1e300 }] }, undefined, /invalid size/],
    [{ ...IMAGE, layers: { length: 1 } }, undefined, /no list/],
    [{ ...INDEX, manifests: Array.from({ length: 5000 }, () => BLOB) }, undefined, /more than 4096/],
  ];
  for (const [document, contentType, message] of cases) {
    assert.throws(() => parse(document, contentType), { kind: 'invalid-argument', message });
  }
  assert.throws(() => parseManifest(Buffer.from('<html>')), /no JSON/);
  assert.throws(() => parseManifest(Buffer.alloc((4 << 20) + 1, 0x20)), /larger than/);
});

function describe(platform: Platform | undefined, size: number, annotations?: Record<string, string>): Descriptor {
  return { ...BLOB, size, ...(platform && { platform }), ...(annotations && { annotations }) };
}

test('the manifest of an index is the one of the highest variant that runs on the platform', () => {
  const linux = (architecture: string, variant?: string): Platform => ({
    os: 'linux',
    architecture,
    ...(variant === undefined ? {} : { variant }),
  });
  const index = [
    describe(linux('amd64'), 1, { 'vnd.docker.reference.type': 'attestation-manifest' }),
    describe(linux('arm', 'v5'), 2),
    describe(linux('arm', 'v7'), 3),
    describe(linux('arm64', 'v8'), 4),
    describe(linux('amd64'), 5),
    describe(linux('amd64', 'v3'), 6),
    describe(linux('386'), 7),
    describe({ os: 'windows', architecture: 'amd64' }, 8),
    describe(undefined, 9),
  ];
  const sizeFor = (wanted: Platform, withOthers?: boolean) => selectManifest(index, wanted, withOthers)?.size;
  assert.equal(sizeFor(linux('amd64')), 5);
  assert.equal(sizeFor(linux('x86_64', 'v4')), 6);
  assert.equal(sizeFor(linux('amd64', 'v2')), 5);
  assert.equal(sizeFor(linux('arm')), 3);
  assert.equal(sizeFor(linux('arm', '6')), 2);
  assert.equal(sizeFor(linux('aarch64')), 4);
  assert.equal(sizeFor(linux('armhf')), 3);
  assert.equal(sizeFor(linux('s390x')), undefined);
  assert.equal(sizeFor({ os: 'windows', architecture: 'amd64' }), 8);
  assert.equal(selectManifest(index.slice(0, 3), linux('arm64'))?.size, undefined);
  assert.equal(selectManifest(index.slice(0, 3), linux('arm64'), true)?.size, 3);
  assert.equal(selectManifest(index.slice(6), linux('amd64'), true)?.size, 7);
  assert.equal(isPlatform(linux('arm', 'v6'), linux('arm')), true);
  assert.equal(isPlatform(linux('amd64'), linux('arm64')), false);
});
