import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createRegistryClient } from '../../src/engine/registry/client/create-registry-client.js';
import { DEFAULT_REGISTRY_SETTINGS } from '../../src/engine/registry/client/registry-settings.js';
import { readPrivateKey, readPublicKey } from '../../src/engine/registry/signature/keys.js';
import { checkPolicy } from '../../src/engine/registry/signature/policy.js';
import { signImage } from '../../src/engine/registry/signature/sign-image.js';
import { verifyImage } from '../../src/engine/registry/signature/verify-image.js';
import { isDigest } from '../../src/model/ids.js';
import { parseImageReference } from '../../src/model/image-reference.js';
import { openGantry } from '../support/gantry.js';
import { makeConfig } from '../support/image-fixtures.js';
import { digestOf, OCI_MANIFEST, openRegistry, pushBlob, pushImage, type RegistryWorld } from '../support/registry.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

function makeKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pem(key: KeyObject): string {
  return String(key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }));
}

/** A registry with an image, and a client for it. */
async function openSigned(t: TestContext) {
  const world = await openRegistry(t, { idleMs: 60_000 });
  const image = await pushImage(world, 'one', { repository: 'team/app' });
  const config = makeTemporaryFolder(t);
  const env = { HOME: config, GANTRY_CONFIG: config };
  const client = createRegistryClient(() => ({ ...DEFAULT_REGISTRY_SETTINGS, retryDelayMs: 1, env }));
  const reference = parseImageReference(`${new URL(world.url).host}/team/app:one`);
  return { world, image, client, reference, config };
}

const get = (world: RegistryWorld, path: string) => world.send('GET', `/v2/team/app/${path}`);

test('a signature is where cosign looks for it, in the form that its spec has, and a referrer too', async (t) => {
  const { world, image, client, reference } = await openSigned(t);
  const { privateKey, publicKey } = makeKeys();
  assert.equal(await signImage(client, reference, privateKey), image.digest);
  const manifest = (await get(world, `manifests/${image.digest.replace(':', '-')}.sig`)).json();
  const [layer] = manifest.layers;
  assert.equal(layer.mediaType, 'application/vnd.dev.cosign.simplesigning.v1+json');
  const payload = (await get(world, `blobs/${layer.digest}`)).body;
  assert.deepEqual(JSON.parse(payload.toString()), {
    critical: {
      identity: { 'docker-reference': `${new URL(world.url).host}/team/app` },
      image: { 'docker-manifest-digest': image.digest },
      type: 'cosign container image signature',
    },
    optional: null,
  });
  const signature = Buffer.from(layer.annotations['dev.cosignproject.cosign/signature'], 'base64');
  assert.equal(verify('sha256', payload, publicKey, signature), true);
  const referrers = (await get(world, `referrers/${image.digest}`)).json().manifests;
  assert.deepEqual(
    referrers.map(({ artifactType }: { artifactType: string }) => artifactType),
    ['application/vnd.dev.cosign.artifact.sig.v1+json'],
  );
});

test('a signature is verified with its key and with no other; a second one stands beside the first', async (t) => {
  const { client, reference } = await openSigned(t);
  const [ann, bob, eve] = [makeKeys(), makeKeys(), makeKeys()];
  assert.deepEqual(await verifyImage(client, reference, [ann.publicKey]), []);
  await signImage(client, reference, ann.privateKey);
  await signImage(client, reference, bob.privateKey);
  assert.equal((await verifyImage(client, reference, [ann.publicKey])).length, 1);
  assert.equal((await verifyImage(client, reference, [bob.publicKey])).length, 1);
  assert.equal((await verifyImage(client, reference, [eve.publicKey])).length, 0);
  assert.equal((await verifyImage(client, reference, [eve.publicKey, bob.publicKey])).length, 1);
});

test('a signature that is about another image, damaged, or of another kind counts as none', async (t) => {
  const { world, image, client, reference } = await openSigned(t);
  const { privateKey, publicKey } = makeKeys();
  const other = await pushImage(world, 'other', { repository: 'team/app' });
  const type = 'application/vnd.dev.cosign.simplesigning.v1+json';
  const payloadOf = (digest: string, what = 'cosign container image signature') =>
    JSON.stringify({ critical: { identity: {}, image: { 'docker-manifest-digest': digest }, type: what } });
  const put = async (payload: string, signed: string, mediaType = type) => {
    const layer = {
      ...{ mediaType, digest: await pushBlob(world, payload, 'team/app'), size: payload.length },
      annotations: {
        'dev.cosignproject.cosign/signature': sign('sha256', Buffer.from(signed), privateKey).toString('base64'),
      },
    };
    const config = {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: await pushBlob(world, '{}', 'team/app'),
    };
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { ...config, size: 2 },
      layers: [layer],
    });
    const path = `/v2/team/app/manifests/${image.digest.replace(':', '-')}.sig`;
    assert.equal((await world.send('PUT', path, { headers: { 'Content-Type': OCI_MANIFEST }, body })).status, 201);
    return (await verifyImage(client, reference, [publicKey])).length;
  };
  const good = payloadOf(image.digest);
  assert.equal(await put(good, good), 1);
  assert.equal(await put(payloadOf(other.digest), payloadOf(other.digest)), 0);
  assert.equal(await put(good, `${good} `), 0);
  assert.equal(await put(payloadOf(image.digest, 'atomic'), payloadOf(image.digest, 'atomic')), 0);
  assert.equal(await put('{', '{'), 0);
  assert.equal(await put(good, good, 'text/plain'), 0);
});

test('keys: P-256 in PEM, also encrypted; what else there is says why not', (t) => {
  const folder = makeTemporaryFolder(t);
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const { privateKey, publicKey } = makeKeys();
  const secret = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'pass' });
  const locked = write('locked.pem', String(secret));
  const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });
  assert.deepEqual(spki(createPublicKey(readPrivateKey(locked, 'pass'))), spki(publicKey));
  assert.throws(() => readPrivateKey(locked, 'wrong'), /cannot use the key .*locked\.pem/);
  assert.throws(
    () => readPrivateKey(write('cosign.key', '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----'), 'x'),
    /only cosign reads/,
  );
  assert.deepEqual(spki(readPublicKey(write('key.pub', pem(publicKey)))), spki(publicKey));
  assert.throws(() => readPublicKey(write('key.pem', pem(privateKey))), /is a private key, not a public one/);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
  assert.throws(() => readPublicKey(write('rsa.pub', pem(rsa.publicKey))), /is no ECDSA key over P-256/);
  assert.throws(() => readPublicKey('/nowhere'), /cannot use the key \/nowhere: ENOENT/);
});

test('the policy file: the first rule that fits counts; what it says wrong allows nothing', async (t) => {
  const { image, client, reference, config } = await openSigned(t);
  const { privateKey, publicKey } = makeKeys();
  const { digest } = image;
  assert.ok(isDigest(digest));
  const source = await client.openSource(reference);
  t.after(source.close);
  const check = (text?: string) => {
    if (text !== undefined) writeFileSync(join(config, 'policy.yaml'), text);
    return checkPolicy(client, reference, { digest, source });
  };
  mkdirSync(join(config, 'keys'));
  writeFileSync(join(config, 'keys/team.pub'), pem(publicKey));
  const signed = `
default: reject
rules:
  - images: ["docker.io/**"]
    require: accept
  - images: ["127.0.0.1:*/team/*"]
    require: signed
    keys: [keys/team.pub]
`;
  await check();
  await check('default: accept');
  await assert.rejects(check('default: reject'), /policy\.yaml refuses 127\.0\.0\.1:\d+\/team\/app: it is not allowed/);
  await assert.rejects(check(signed), /has no signature of the keys that are trusted/);
  await signImage(client, reference, privateKey);
  await check(signed);
  await assert.rejects(check(signed.replace('keys/team.pub', 'keys/none.pub')), /cannot use the key .*none\.pub/);
  await assert.rejects(check(signed.replace('    keys: [keys/team.pub]\n', '')), /names no keys/);
  await assert.rejects(check('rules: []'), /cannot use the policy .*policy\.yaml: default/);
  await assert.rejects(check('default: ['), /cannot use the policy/);
});

test(
  'gantry signs, verifies, and pulls what the policy asks for and nothing else',
  requires('root', 'overlay'),
  async (t) => {
    const gantry = openGantry();
    t.after(gantry.close);
    const world = await openRegistry(t, { idleMs: 60_000 });
    const layer = makeTar([{ path: 'hello', content: Buffer.from('hello\n') }]);
    const config = makeConfig([layer]);
    const body = JSON.stringify({
      ...{ schemaVersion: 2, mediaType: OCI_MANIFEST },
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: await pushBlob(world, config, 'team/app'),
        size: config.length,
      },
      layers: [
        {
          mediaType: 'application/vnd.oci.image.layer.v1.tar',
          digest: await pushBlob(world, layer, 'team/app'),
          size: layer.length,
        },
      ],
    });
    await world.send('PUT', '/v2/team/app/manifests/1', { headers: { 'Content-Type': OCI_MANIFEST }, body });
    const { privateKey, publicKey } = makeKeys();
    const [key, pub] = [join(gantry.folder, 'key.pem'), join(gantry.folder, 'key.pub')];
    writeFileSync(key, pem(privateKey));
    writeFileSync(pub, pem(publicKey));
    const folder = join(gantry.folder, 'config');
    mkdirSync(folder, { recursive: true });
    const rules = JSON.stringify([{ images: ['**'], require: 'signed', keys: [pub] }]);
    writeFileSync(join(folder, 'policy.yaml'), `default: reject\nrules: ${rules}\n`);
    const name = `${new URL(world.url).host}/team/app:1`;

    const unsigned = await gantry.run(['pull', name]);
    assert.notEqual(unsigned.code, 0);
    assert.match(unsigned.stderr, /the policy .* refuses .*team\/app: sha256:[0-9a-f]{64} has no signature/);
    assert.equal((await gantry.run(['images', '-q'])).stdout, '');
    const none = await gantry.run(['image', 'verify', '--key', pub, name]);
    assert.deepEqual([none.code, none.stdout, none.stderr], [1, '', `no matching signatures for ${name}\n`]);

    const signed = await gantry.run(['image', 'sign', '--key', key, name]);
    assert.deepEqual([signed.code, signed.stdout, signed.stderr], [0, `${digestOf(body)}\n`, '']);
    const verified = await gantry.run(['image', 'verify', '--key', pub, name]);
    assert.equal(JSON.parse(verified.stdout).critical.image['docker-manifest-digest'], digestOf(body));
    const pulled = await gantry.run(['pull', '-q', name]);
    assert.deepEqual([pulled.code, pulled.stderr], [0, '']);
  },
);
