import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { RegistryOptions } from '../../src/engine/engine.js';
import type { RegistrySettings } from '../../src/engine/registry/client/registry-settings.js';
import type { PullProgress } from '../../src/model/image.js';
import {
  answer,
  answerError,
  type FakeRegistry,
  type Hook,
  type SeenRequest,
  startFakeRegistry,
} from '../support/fake-registry.js';
import {
  assertStoresEmpty,
  collect,
  digestOf,
  makeConfig,
  makeDockerArchive,
  openImages,
} from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay');
/** Bytes that do not compress. */
const NOISE = Buffer.concat(Array.from({ length: 8_000 }, (_, i) => createHash('sha256').update(String(i)).digest()));
const LAYER = makeTar([{ path: 'noise', content: NOISE }]);
const OTHER = makeTar([{ path: 'b', content: 'b' }]);

async function open(t: TestContext, hook?: Hook, settings: Partial<RegistrySettings> = {}) {
  const registry = await startFakeRegistry(t);
  registry.add('1', [LAYER, OTHER]);
  registry.hook = hook;
  const images = openImages(t, undefined, settings);
  const name = `${registry.host}/some/demo:1`;
  const pull = (options: RegistryOptions = {}) => collect(images.service.pull(name, options));
  return { registry, name, pull, ...images };
}

function isBlob({ path, method }: SeenRequest): boolean {
  return method === 'GET' && path.includes('/blobs/sha256:');
}

const PASSWORD = { kind: 'password', username: 'ann', password: 'a:b' } as const;
const BASIC = `Basic ${Buffer.from('ann:a:b').toString('base64')}`;

test('a token is fetched where the registry says, for what is asked, and goes to nobody else', needs, async (t) => {
  const other = await startFakeRegistry(t);
  const tokens: SeenRequest[] = [];
  const { registry, pull } = await open(t, (request, response) => {
    const { path, headers } = request;
    if (path === '/token') {
      tokens.push(request);
      // The first time it is busy.
      if (tokens.length === 1) return answer(response, 503, {});
      return answer(response, 200, {}, JSON.stringify({ access_token: 'T1', expires_in: 300 }));
    }
    if (headers.authorization !== 'Bearer T1') {
      const realm = `Bearer realm="${registry.origin}/token",service="the \\"service\\"",scope="x"`;
      return answer(response, 401, { 'www-authenticate': `Basic realm="b", ${realm}` });
    }
    // Blobs are elsewhere, as with registries in front of an object store.
    if (!isBlob(request)) return false;
    const location = `${other.origin}${path}`;
    return answer(response, 307, { location });
  });
  for (const [digest, bytes] of registry.blobs) other.blobs.set(digest, bytes);
  await pull({ credentials: PASSWORD });
  assert.equal(tokens.length, 2, 'a token that is still good is used again');
  assert.equal(tokens[0]?.headers.authorization, BASIC);
  assert.deepEqual(tokens[0]?.query.getAll('scope'), ['repository:some/demo:pull']);
  assert.equal(tokens[0]?.query.get('service'), 'the "service"');
  assert.equal(other.seen.length, 3);
  for (const { headers } of other.seen) assert.equal(headers.authorization, undefined);
});

test('a password goes to a registry that asks for it, and one that is refused is said so', needs, async (t) => {
  const { pull, root, layers } = await open(t, ({ headers }, response) =>
    headers.authorization === BASIC ? false : answer(response, 401, { 'www-authenticate': 'BASIC realm="x"' }),
  );
  await assert.rejects(pull(), { kind: 'unauthorized', message: /no basic auth credentials/ });
  await assert.rejects(pull({ credentials: { ...PASSWORD, password: 'wrong' } }), {
    kind: 'unauthorized',
    message: 'unauthorized: authentication required',
  });
  await assertStoresEmpty(root, layers);
  await pull({ credentials: PASSWORD });
});

test("a registry's refusals are told in Docker's words", needs, async (t) => {
  let refuse: Hook = () => false;
  const { registry, pull, service, name } = await open(t, (request, response) => refuse(request, response));
  const cases: readonly [Hook, object][] = [
    [
      ({ path }, response) => path !== '/v2/' && answerError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown'),
      { kind: 'not-found', message: `manifest for ${name} not found: manifest unknown: manifest unknown` },
    ],
    [
      ({ path }, response) => path !== '/v2/' && answer(response, 404, {}, '<html>'),
      { kind: 'not-found', message: `manifest for ${name} not found: manifest unknown` },
    ],
    [
      ({ path }, response) =>
        path !== '/v2/' && answerError(response, 403, 'DENIED', 'requested access to the resource is denied'),
      {
        kind: 'not-found',
        message: `pull access denied for ${registry.host}/some/demo, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
      },
    ],
    [
      ({ path }, response) => path !== '/v2/' && answer(response, 500, {}, 'x\u001b[31m'),
      { kind: 'unavailable', message: 'received unexpected HTTP status: 500 Internal Server Error' },
    ],
    [
      ({ path }, response) => path !== '/v2/' && answerError(response, 400, 'UNKNOWN', 'bad \u001b[31mthing'),
      { kind: 'invalid-argument', message: 'unknown: bad  [31mthing' },
    ],
  ];
  for (const [hook, error] of cases) {
    refuse = hook;
    await assert.rejects(pull(), error);
  }
  refuse = () => false;
  const arm = { platform: { os: 'linux', architecture: 's390x' } };
  await assert.rejects(pull(arm), {
    message: /does not match the specified platform: wanted linux\/s390x, actual: linux\/a/,
  });
  registry.put('1', 'application/vnd.oci.image.index.v1+json', { schemaVersion: 2, manifests: [] });
  await assert.rejects(collect(service.pull(name, arm)), {
    kind: 'not-found',
    message: 'no matching manifest for linux/s390x in the manifest list entries',
  });
});

test('a download that breaks is resumed where it broke', needs, async (t) => {
  let broken = 0;
  const { registry, pull, service, name } = await open(t, (request, response) => {
    const bytes = registry.blobs.get(request.path.split('/').at(-1) ?? '') ?? Buffer.alloc(0);
    const from = Number(/\d+/.exec(request.headers.range ?? '0')?.[0]);
    if (!isBlob(request) || bytes.length < 100_000 || from > 150_000) return false;
    broken += 1;
    const rest = bytes.subarray(from);
    const range: Record<string, string> =
      from === 0 ? {} : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(from === 0 ? 200 : 206, { 'content-length': String(rest.length), ...range });
    response.write(rest.subarray(0, 90_000), () => response.destroy());
    return true;
  });
  const steps = await pull();
  const ranges = registry.seen.flatMap(({ headers }) => headers.range ?? []);
  assert.equal(broken, 2);
  assert.equal(ranges.length, 2);
  assert.match(ranges[0] ?? '', /^bytes=[1-9]\d*-$/);
  assert.equal(steps.filter(({ phase }) => phase === 'retrying').length, 2);
  assert.equal((await service.inspect(name)).repoTags.length, 1);
});

test('a registry without ranges sends all again, and it fits', needs, async (t) => {
  let isBroken = false;
  const { registry, pull } = await open(t, (request, response) => {
    const bytes = registry.blobs.get(request.path.split('/').at(-1) ?? '') ?? Buffer.alloc(0);
    if (!isBlob(request) || bytes.length < 100_000) return false;
    response.writeHead(200, { 'content-length': String(bytes.length) });
    if (isBroken) response.end(bytes);
    else response.write(bytes.subarray(0, 90_000), () => response.destroy());
    isBroken = true;
    return true;
  });
  await pull();
  assert.ok(isBroken);
});

test('a registry that is busy is asked again, and not before it wants to be', needs, async (t) => {
  const times: number[] = [];
  const { registry, pull } = await open(t, ({ path }, response) => {
    if (!path.includes('/manifests/')) return false;
    times.push(Date.now());
    if (times.length === 1) return answer(response, 429, { 'retry-after': '1' }, '{}');
    return times.length === 2 ? answer(response, 503, {}) : false;
  });
  await pull();
  assert.equal(times.length, 3);
  assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 990, 'Retry-After is kept');
  registry.hook = ({ path }, response) =>
    path.includes('/manifests/') && answerError(response, 429, 'TOOMANYREQUESTS', 'You have reached your limit');
  await assert.rejects(pull(), { kind: 'unavailable', message: 'toomanyrequests: You have reached your limit' });
});

test('what is not what it should be is refused, and nothing of it is left', needs, async (t) => {
  const wrong = Buffer.alloc(400_000, 1);
  const blob = (body: (digest: string, registry: FakeRegistry) => Buffer) => (registry: FakeRegistry) => {
    registry.hook = (request, response) => {
      const digest = request.path.split('/').at(-1) ?? '';
      return isBlob(request) && (registry.blobs.get(digest)?.length ?? 0) > 100_000
        ? answer(response, 200, {}, body(digest, registry))
        : false;
    };
  };
  const cases: Readonly<Record<string, readonly [(registry: FakeRegistry) => void, RegExp]>> = {
    'other bytes of the same size': [
      blob((digest, { blobs }) => Buffer.alloc(blobs.get(digest)?.length ?? 0)),
      /filesystem layer verification failed for digest sha256:/,
    ],
    'more bytes': [
      blob((digest, { blobs }) => Buffer.concat([blobs.get(digest) ?? wrong, wrong])),
      /content of the wrong size/,
    ],
    'another manifest than the digest says': [
      ({ manifests }) => {
        const { bytes, type } = manifests.get('1') ?? { bytes: wrong, type: '' };
        const index = {
          mediaType: type,
          digest: digestOf(Buffer.from('x')),
          size: bytes.length,
          platform: { os: 'linux', architecture: 'amd64' },
        };
        manifests.set(index.digest, { type, bytes });
        const document = {
          schemaVersion: 2,
          manifests: [index, { ...index, platform: { os: 'linux', architecture: 'arm64' } }],
        };
        manifests.set('1', {
          type: 'application/vnd.oci.image.index.v1+json',
          bytes: Buffer.from(JSON.stringify(document)),
        });
      },
      /manifest verification failed for digest/,
    ],
    'a manifest that never ends': [
      (registry) => {
        registry.hook = ({ path }, response) =>
          path.includes('/manifests/') && answer(response, 200, {}, Buffer.alloc(5 << 20, 0x20));
      },
      /is larger than 4194304 bytes/,
    ],
    'a page in place of a manifest': [
      ({ manifests }) => manifests.set('1', { type: 'text/html', bytes: Buffer.from('<html>') }),
      /the manifest is no JSON/,
    ],
    'a manifest sent as an index': [
      ({ manifests }) =>
        manifests.set('1', {
          type: 'application/vnd.oci.image.index.v1+json',
          bytes: manifests.get('1')?.bytes ?? wrong,
        }),
      /says it is .* and was sent as/,
    ],
    'a config of other layers': [
      (registry) => void registry.add('1', [LAYER], makeConfig([OTHER])),
      /the layer's content is not what it should be/,
    ],
    'a config of more layers': [
      (registry) => void registry.add('1', [LAYER], makeConfig([LAYER, OTHER])),
      /has 1 layers and its config names 2/,
    ],
    'a chart': [
      (registry) => {
        const config = { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: digestOf(OTHER), size: 3 };
        registry.put('1', 'application/vnd.oci.image.manifest.v1+json', { schemaVersion: 2, config, layers: [] });
      },
      /encountered remote "application\/vnd.cncf.helm.config.v1\+json"/,
    ],
    'a redirect that goes in circles': [
      (registry) => {
        registry.hook = (request, response) => isBlob(request) && answer(response, 302, { location: request.path });
      },
      /stopped after 10 redirects/,
    ],
    'a redirect to a file': [
      (registry) => {
        registry.hook = (request, response) =>
          isBlob(request) && answer(response, 302, { location: 'file:///etc/shadow' });
      },
      /redirects to an invalid address/,
    ],
    'a token server that is none': [
      (registry) => {
        registry.hook = (_, response) => answer(response, 401, { 'www-authenticate': 'Bearer realm="ftp://x/"' });
      },
      /invalid token server/,
    ],
  };
  for (const [title, [prepare, message]] of Object.entries(cases)) {
    await t.test(title, async (one) => {
      const { registry, pull, root, layers } = await open(one);
      prepare(registry);
      await assert.rejects(pull(), message);
      await assertStoresEmpty(root, layers);
    });
  }
});

test('a pull that is cancelled at any step ends at once and leaves nothing', needs, async (t) => {
  const phases: readonly PullProgress['phase'][] = [
    'resolving',
    'pending',
    'downloading',
    'downloaded',
    'extracting',
    'complete',
  ];
  for (const phase of phases) {
    const { service, name, root, layers } = await open(t);
    const stop = new AbortController();
    const cancelled = (async () => {
      for await (const step of service.pull(name, { signal: stop.signal })) if (step.phase === phase) stop.abort();
    })();
    // What was whole already stays whole.
    const outcome = await cancelled.then(
      () => 'whole' as const,
      (error: unknown) => error,
    );
    if (outcome === 'whole') {
      assert.equal(phase, 'complete');
      continue;
    }
    assert.equal((outcome as { kind: string }).kind, 'cancelled', phase);
    await assertStoresEmpty(root, layers);
  }
});

test('two pulls of one layer download it once', needs, async (t) => {
  let release: (() => void) | undefined;
  const first = await open(t, async (request) => {
    if (isBlob(request) && release === undefined) {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    return false;
  });
  first.registry.add('2', [LAYER], makeConfig([LAYER], { Cmd: ['other'] }));
  // Another process is another pair of leases on the same database.
  const second = openImages(t, first.root);
  const one = first.pull();
  const other = collect(second.service.pull(`${first.registry.host}/some/demo:2`));
  while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
  release();
  await Promise.all([one, other]);
  const [layer] = [...first.registry.blobs].find(([, bytes]) => bytes.length > 100_000) ?? [''];
  assert.equal(first.registry.seen.filter((request) => isBlob(request) && request.path.endsWith(layer)).length, 1);
  // The first one's image goes; the second one's stays whole.
  await first.service.remove(first.name);
  assert.equal((await second.service.list()).length, 1);
  assert.ok(second.content.stat(layer as never) !== undefined);
});

test('a push goes whole, in pieces of what the registry takes, and again after a break', needs, async (t) => {
  const { registry, service } = await open(t);
  await collect(service.load(streamOf(makeDockerArchive([LAYER], [`${registry.host}/up:1`], makeConfig([LAYER])))));
  const modes: Readonly<Record<string, Hook>> = {
    whole: () => false,
    'no large ones': ({ method, body }, response) =>
      method === 'PUT' && body.length > 100_000 && answer(response, 413, {}),
    broken: ({ method, path }, response) => {
      if (method !== 'PUT' || !path.includes('/uploads/') || registry.seen.some((one) => one.method === 'DELETE'))
        return false;
      response.destroy();
      return true;
    },
  };
  for (const [title, hook] of Object.entries(modes)) {
    registry.blobs.clear();
    registry.seen.length = 0;
    registry.hook = hook;
    await collect(service.push(`${registry.host}/up:1`));
    const methods = new Set(registry.seen.map(({ method }) => method));
    assert.equal(methods.has('PATCH'), title === 'no large ones', title);
    assert.equal(methods.has('DELETE'), title !== 'whole', `${title}: an upload that failed is called off`);
    assert.equal(registry.blobs.size, 2, title);
  }
});

test('of an index comes the image for this machine, or for the platform that is asked for', needs, async (t) => {
  const { registry, service, name } = await open(t);
  const own = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const describe = (tag: string, platform: object) => {
    const { bytes, type } = registry.manifests.get(tag) ?? { bytes: Buffer.alloc(0), type: '' };
    return { mediaType: type, digest: digestOf(bytes), size: bytes.length, platform };
  };
  const configs = [own, 's390x'].map((architecture) => {
    const config = makeConfig([OTHER], { Cmd: [architecture] });
    return Buffer.from(config.toString().replace(/"architecture":"[a-z0-9]+"/, `"architecture":"${architecture}"`));
  });
  for (const [index, config] of configs.entries()) registry.add(`image-${index}`, [OTHER], config);
  const digest = registry.put('1', 'application/vnd.docker.distribution.manifest.list.v2+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifests: [
      describe('image-1', { os: 'linux', architecture: 's390x' }),
      describe('image-0', { os: 'linux', architecture: own }),
    ],
  });
  await collect(service.pull(name));
  const image = await service.inspect(name);
  assert.deepEqual(image.config.command, [own]);
  assert.deepEqual(image.repoDigests, [`${registry.host}/some/demo@${digest}`]);
  await collect(service.pull(name, { platform: { os: 'linux', architecture: 's390x' } }));
  assert.deepEqual((await service.inspect(name)).config.command, ['s390x']);
});

test('a repository that is not there, or not for everybody, is denied as Docker Hub does it', needs, async (t) => {
  const { registry, pull } = await open(t, ({ path }, response) =>
    path === '/token'
      ? answer(response, 200, {}, JSON.stringify({ token: 'anonymous' }))
      : answer(response, 401, {
          'www-authenticate': `Bearer realm="http://${response.req.headers.host}/token",service="s",scope="repository:some/demo:pull",error="insufficient_scope"`,
        }),
  );
  await assert.rejects(pull(), {
    kind: 'not-found',
    message: `pull access denied for ${registry.host}/some/demo, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
  });
  assert.ok(registry.seen.length < 10, 'it does not go on asking');
});
