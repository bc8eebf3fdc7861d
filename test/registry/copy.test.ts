import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { CopyOptions } from '../../src/engine/engine.js';
import { copyImage } from '../../src/engine/images/copy-image.js';
import { createRegistryClient } from '../../src/engine/registry/client/create-registry-client.js';
import { DEFAULT_REGISTRY_SETTINGS } from '../../src/engine/registry/client/registry-settings.js';
import { signImage } from '../../src/engine/registry/signature/sign-image.js';
import { verifyImage } from '../../src/engine/registry/signature/verify-image.js';
import type { PushProgress } from '../../src/model/image.js';
import { parseImageReference } from '../../src/model/image-reference.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { startFakeRegistry } from '../support/fake-registry.js';
import { openGantry } from '../support/gantry.js';
import {
  digestOf,
  OCI_INDEX,
  OCI_MANIFEST,
  openRegistry,
  pushImage,
  type RegistryWorld,
  sendRequest,
} from '../support/registry.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

interface Published {
  readonly world: RegistryWorld;
  readonly host: string;
  readonly index: { readonly text: string; readonly digest: string };
  /** Of two platforms, and an attestation of the first. */
  readonly children: readonly string[];
  /** Names the first as its subject; the second names that. */
  readonly referrers: readonly string[];
}

/** An index as BuildKit pushes one, with a referrer that has one of its own, at `team/app:1`. */
async function publish(t: TestContext): Promise<Published> {
  const world = await openRegistry(t, { idleMs: 60_000 });
  const repository = 'team/app';
  const push = (additions: object = {}) => pushImage(world, '', { repository, additions });
  const [amd, arm, attestation] = [await push(), await push(), await push()];
  const describe = ({ digest, text }: { digest: string; text: string }) => ({
    ...{ mediaType: OCI_MANIFEST, digest, size: text.length },
  });
  const note = await push({ artifactType: 'text/note', subject: describe(amd), annotations: { who: 'me' } });
  const onNote = await push({ subject: describe(note) });
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [
      { ...describe(amd), platform: { os: 'linux', architecture: 'amd64' } },
      { ...describe(arm), platform: { os: 'linux', architecture: 'arm64' } },
      {
        ...describe(attestation),
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      },
    ],
  });
  const path = `/v2/${repository}/manifests/1`;
  const { status } = await world.send('PUT', path, { headers: { 'Content-Type': OCI_INDEX }, body: text });
  assert.equal(status, 201);
  const children = [amd, arm, attestation].map(({ digest }) => digest);
  const index = { text, digest: digestOf(text) };
  return { world, host: new URL(world.url).host, index, children, referrers: [note.digest, onNote.digest] };
}

function makeClient(t: TestContext) {
  const env = { HOME: makeTemporaryFolder(t) };
  return createRegistryClient(() => ({ ...DEFAULT_REGISTRY_SETTINGS, retryDelayMs: 1, env }));
}

async function copy(t: TestContext, from: string, to: string, options: CopyOptions = {}): Promise<PushProgress[]> {
  const steps: PushProgress[] = [];
  for await (const step of copyImage({ registries: makeClient(t) }, from, to, options)) steps.push(step);
  return steps;
}

const isThere = async (host: string, path: string) =>
  (await sendRequest(`http://${host}`, 'HEAD', { path, headers: { accept: `${OCI_MANIFEST}, ${OCI_INDEX}` } }))
    .status === 200;

test('all platforms of an index go, its attestation, and what refers to it, byte for byte', async (t) => {
  const { host, index, children, referrers } = await publish(t);
  const other = await openRegistry(t, { idleMs: 60_000 });
  const target = new URL(other.url).host;
  const steps = await copy(t, `${host}/team/app:1`, `${target}/mine/app:2`);
  const there = await other.send('GET', '/v2/mine/app/manifests/2');
  assert.equal(there.body.toString(), index.text);
  for (const digest of [...children, ...referrers]) {
    assert.ok(await isThere(target, `/v2/mine/app/manifests/${digest}`), digest);
  }
  const listed = (await other.send('GET', `/v2/mine/app/referrers/${children[0]}`)).json().manifests;
  assert.deepEqual(
    listed.map(({ digest, artifactType }: Record<string, string>) => [digest, artifactType]),
    [[referrers[0], 'text/note']],
  );
  const done = steps.flatMap((step) => (step.phase === 'done' ? [`${step.tag} ${step.digest}`] : []));
  assert.deepEqual(done, [
    `linux/amd64 ${children[0]}`,
    `text/note ${referrers[0]}`,
    `application/vnd.oci.image.config.v1+json ${referrers[1]}`,
    `linux/arm64 ${children[1]}`,
    `unknown/unknown ${children[2]}`,
    `2 ${index.digest}`,
  ]);
  // All there already.
  const again = await copy(t, `${host}/team/app:1`, `${target}/mine/app:2`);
  assert.ok(again.every(({ phase }) => phase !== 'pushed' && phase !== 'pushing'));
});

test('one platform, or the image without what refers to it', async (t) => {
  const { host, children, referrers } = await publish(t);
  const other = await openRegistry(t, { idleMs: 60_000 });
  const target = new URL(other.url).host;
  const platform = { os: 'linux', architecture: 'arm64' };
  await copy(t, `${host}/team/app:1`, `${target}/one/app:1`, { platform });
  assert.equal(digestOf((await other.send('GET', '/v2/one/app/manifests/1')).body), children[1]);
  await assert.rejects(
    copy(t, `${host}/team/app:1`, `${target}/one/app:1`, { platform: { os: 'linux', architecture: 's390x' } }),
    { kind: 'not-found', message: 'no matching manifest for linux/s390x in the manifest list entries' },
  );
  await copy(t, `${host}/team/app:1`, `${target}/plain/app:1`, { withoutReferrers: true });
  assert.ok(await isThere(target, `/v2/plain/app/manifests/${children[2]}`));
  assert.ok(!(await isThere(target, `/v2/plain/app/manifests/${referrers[0]}`)));
});

test('within a registry blobs are mounted, and a signature is good where it went', async (t) => {
  const { world, host } = await publish(t);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const client = makeClient(t);
  await signImage(client, parseImageReference(`${host}/team/app:1`), privateKey);
  const steps = await copy(t, `${host}/team/app:1`, `${host}/mine/app:1`);
  assert.ok(steps.some((step) => step.phase === 'mounted' && step.from === 'team/app'));
  assert.ok(steps.every(({ phase }) => phase !== 'pushing'));
  const payloads = await verifyImage(client, parseImageReference(`${host}/mine/app:1`), [publicKey]);
  assert.equal(payloads.length, 1);
  assert.ok(world.lines.some((line) => /"POST \/v2\/mine\/app\/blobs\/uploads\/\?mount=/.test(line)));
});

test('a registry that sends other bytes than it named, fewer or more, is believed nothing', async (t) => {
  const liar = await startFakeRegistry(t);
  liar.add('1', [makeTar([{ path: 'a', content: Buffer.alloc(2_000, 1) }])]);
  const other = await openRegistry(t, { idleMs: 60_000 });
  const target = new URL(other.url).host;
  const lies: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
    'filesystem layer verification failed': (bytes) => Buffer.from(bytes.map((byte) => byte ^ 1)),
    'verification failed': (bytes) => Buffer.concat([bytes, bytes]),
    'the registry sent': (bytes) => bytes.subarray(1),
  };
  for (const [message, lie] of Object.entries(lies)) {
    liar.hook = ({ method, path }, response) => {
      const bytes = liar.blobs.get(path.split('/').at(-1) ?? '');
      if (method !== 'GET' || !path.includes('/blobs/') || bytes === undefined) return false;
      response.writeHead(200).end(lie(bytes));
      return true;
    };
    await assert.rejects(copy(t, `${liar.host}/team/app:1`, `${target}/mine/app:1`), { message: new RegExp(message) });
  }
  assert.equal((await other.send('GET', '/v2/mine/app/tags/list')).status, 404);
  assert.equal((await other.send('GET', '/v2/mine/app/manifests/1')).status, 404);
});

test('a referrer that is listed and has been deleted stops nobody', async (t) => {
  const source = await startFakeRegistry(t);
  const digest = source.add('1', [makeTar([{ path: 'a', content: 'a' }])]);
  const gone = { mediaType: OCI_MANIFEST, digest: digestOf('gone'), size: 4 };
  source.put(digest.replace(':', '-'), OCI_INDEX, { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [gone] });
  const other = await openRegistry(t, { idleMs: 60_000 });
  await copy(t, `${source.host}/team/app:1`, `${new URL(other.url).host}/mine/app:1`);
  assert.equal(digestOf((await other.send('GET', '/v2/mine/app/manifests/1')).body), digest);
  assert.ok(
    source.seen.some(({ path }) => path.endsWith(`/manifests/${gone.digest}`)),
    'it was asked for',
  );
});

test('what cannot be copied is said so, and leaves nothing', async (t) => {
  const { world, host } = await publish(t);
  const other = await openRegistry(t, { idleMs: 60_000 });
  const target = new URL(other.url).host;
  await assert.rejects(copy(t, `${host}/team/app:none`, `${target}/mine/app:1`), { kind: 'not-found' });
  await assert.rejects(copy(t, `${host}/team/app:1`, `${target}/mine/app@sha256:${'0'.repeat(64)}`), {
    kind: 'invalid-argument',
    message: 'cannot copy to a digest reference',
  });
  const stop = AbortSignal.abort();
  await assert.rejects(copy(t, `${host}/team/app:1`, `${target}/mine/app:1`, { signal: stop }), { kind: 'cancelled' });
  await world.stop();
  await assert.rejects(copy(t, `${host}/team/app:1`, `${target}/mine/app:1`), { kind: 'unavailable' });
  assert.equal((await other.send('GET', '/v2/mine/app/tags/list')).status, 404);
});

test(
  'a registry that keeps no list of referrers gets one at a tag, and a copy from there finds it',
  requires('command:docker-registry'),
  async (t) => {
    const { host, index, children, referrers } = await publish(t);
    const old = await startDockerRegistry(t);
    await copy(t, `${host}/team/app:1`, `${old.host}/mine/app:1`);
    const tag = children[0]?.replace(':', '-');
    const list = await sendRequest(`http://${old.host}`, 'GET', {
      path: `/v2/mine/app/manifests/${tag}`,
      headers: { accept: OCI_INDEX },
    });
    const [entry] = list.json().manifests;
    assert.deepEqual([entry.digest, entry.artifactType, entry.annotations], [referrers[0], 'text/note', { who: 'me' }]);
    // Twice the same is once in the list.
    await copy(t, `${host}/team/app:1`, `${old.host}/mine/app:1`);
    const other = await openRegistry(t, { idleMs: 60_000 });
    await copy(t, `${old.host}/mine/app:1`, `${new URL(other.url).host}/back/app:1`);
    assert.equal((await other.send('GET', '/v2/back/app/manifests/1')).body.toString(), index.text);
    const listed = (await other.send('GET', `/v2/back/app/referrers/${children[0]}`)).json().manifests;
    assert.deepEqual(
      listed.map(({ digest }: { digest: string }) => digest),
      [referrers[0]],
    );
  },
);

test('gantry image copy says what went, or the digest alone', async (t) => {
  const { host, index, children } = await publish(t);
  const gantry = openGantry();
  t.after(() => gantry.close());
  const words = ['image', 'copy', `${host}/team/app:1`, `${host}/mine/app:3`];
  const { code, stdout, stderr } = await gantry.run(words);
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`^The push refers to repository \\[${host}/mine/app\\]\n`));
  assert.match(stdout, /^[0-9a-f]{12}: Mounted from team\/app$/m);
  assert.match(stdout, new RegExp(`^linux/arm64: digest: ${children[1]} size: \\d+$`, 'm'));
  assert.match(stdout, new RegExp(`^3: digest: ${index.digest} size: ${index.text.length}$`, 'm'));
  assert.equal((await gantry.run([...words, '-q'])).stdout, `${index.digest}\n`);
  const missing = await gantry.run(['image', 'copy', `${host}/team/none:1`, `${host}/mine/app:1`]);
  assert.deepEqual([missing.code, missing.stdout], [1, '']);
});
