import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseChallenges } from '../../src/engine/registry/client/auth-challenge.js';
import { readHostCertificates } from '../../src/engine/registry/client/certificates.js';
import { openCredentialStore } from '../../src/engine/registry/client/credential-store.js';
import { findProxy } from '../../src/engine/registry/client/proxy.js';
import { isInsecureHost, readRegistrySettings } from '../../src/engine/registry/client/registry-settings.js';
import { nextDelayMs, parseRetryAfterMs } from '../../src/engine/registry/client/retry.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

test('challenges are told apart, with quotes, escapes and commas inside', () => {
  const read = (header: string) =>
    parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
  const cases: readonly [string, readonly unknown[]][] = [
    ['Basic realm="a, b=c"', [['basic', { realm: 'a, b=c' }]]],
    [
      'Bearer realm="https://a/t",service="s \\"x\\"",scope="repository:a/b:pull,push"',
      [['bearer', { realm: 'https://a/t', service: 's "x"', scope: 'repository:a/b:pull,push' }]],
    ],
    ['BEARER Realm = token , error=invalid_token', [['bearer', { realm: 'token', error: 'invalid_token' }]]],
    [
      'Negotiate, NTLM TlRMTVNTUAAB==, Basic realm="r", Digest realm="d", nonce=x',
      [
        ['negotiate', {}],
        ['ntlm', {}],
        ['basic', { realm: 'r' }],
        ['digest', { realm: 'd', nonce: 'x' }],
      ],
    ],
    ['Basic realm="first", realm="second"', [['basic', { realm: 'first' }]]],
    ['Basic realm="open', [['basic', {}]]],
    [', ,', []],
    ['', []],
  ];
  for (const [header, expected] of cases) assert.deepEqual(read(header), expected, header);
  assert.deepEqual(read(`Basic realm="${'\\"'.repeat(50_000)}`).length, 1);
});

test('the proxy is the one of the environment, except where NO_PROXY says', () => {
  const env = {
    HTTPS_PROXY: 'proxy:3128',
    http_proxy: 'http://plain:1',
    NO_PROXY: 'a.com, .b.com,10.0.0.0/8,c.com:444,1.2.3.4 *.d.com',
  };
  const cases: Readonly<Record<string, string | undefined>> = {
    'https://x.org': 'http://proxy:3128',
    'http://x.org': 'http://plain:1',
    'https://a.com': undefined,
    'https://sub.a.com': undefined,
    'https://xa.com': 'http://proxy:3128',
    'https://b.com': 'http://proxy:3128',
    'https://sub.b.com': undefined,
    'https://sub.d.com': undefined,
    'https://10.1.2.3': undefined,
    'https://1.2.3.4:5000': undefined,
    'https://c.com': 'http://proxy:3128',
    'https://c.com:444': undefined,
    'https://localhost:5000': undefined,
    'https://127.0.0.1': undefined,
    'https://[::1]:5000': undefined,
  };
  for (const [url, proxy] of Object.entries(cases)) assert.equal(findProxy(new URL(url), env), proxy, url);
  assert.equal(findProxy(new URL('https://x.org'), { ...env, NO_PROXY: '*' }), undefined);
  assert.equal(findProxy(new URL('https://x.org'), {}), undefined);
});

test('settings come from our file, or else from what Docker’s says of registries', (t) => {
  const folder = makeTemporaryFolder(t);
  const read = (document: unknown) => {
    writeFileSync(join(folder, 'daemon.json'), JSON.stringify(document));
    return readRegistrySettings({ GANTRY_CONFIG: folder });
  };
  const settings = read({
    'registry-mirrors': ['https://mirror.org/'],
    'insecure-registries': ['http://old:5000', '10.1.0.0/16', 'whole.org'],
    'max-concurrent-downloads': 7,
    'log-driver': 'x',
  });
  assert.deepEqual(settings.mirrors, ['https://mirror.org']);
  assert.equal(settings.maxDownloads, 7);
  assert.equal(settings.maxUploads, 5);
  assert.deepEqual(settings.certificateFolders, [join(folder, 'certs.d'), '/etc/docker/certs.d']);
  for (const host of ['old:5000', '10.1.2.3:1', 'whole.org:9', 'localhost', '127.9.9.9:5000', '[::1]:5000']) {
    assert.equal(isInsecureHost(host, settings), true, host);
  }
  for (const host of ['old', '10.2.0.1', 'x.whole.org', '127.0.0.1.evil.org', 'localhost.evil.org']) {
    assert.equal(isInsecureHost(host, settings), false, host);
  }
  assert.throws(() => read({ 'max-concurrent-uploads': 0 }), /"max-concurrent-uploads" must be a whole number above 0/);
  assert.throws(() => read({ 'registry-mirrors': ['ftp://x'] }), /invalid mirror/);
});

test("a host's certificates are read, and one without its key is told", (t) => {
  const folder = makeTemporaryFolder(t);
  const host = join(folder, 'reg:5000');
  mkdirSync(host);
  for (const name of ['ca.crt', 'client.cert', 'client.key', 'notes.txt']) writeFileSync(join(host, name), name);
  assert.deepEqual(readHostCertificates(['/nonexistent', folder], 'reg:5000'), {
    authorities: ['ca.crt'],
    certificates: ['client.cert'],
    keys: ['client.key'],
  });
  assert.deepEqual(readHostCertificates([folder], 'other').authorities, []);
  writeFileSync(join(host, 'x.cert'), '');
  assert.throws(() => readHostCertificates([folder], 'reg:5000'), /missing key x.key for client certificate x.cert/);
});

test('Retry-After is kept, and otherwise the wait grows, with chance in it', () => {
  const settings = { maxAttempts: 4, retryDelayMs: 100 };
  assert.equal(parseRetryAfterMs('7', 0), 7_000);
  assert.equal(parseRetryAfterMs('Thu, 01 Jan 1970 00:00:09 GMT', 1_000), 8_000);
  assert.equal(parseRetryAfterMs('soon', 0), undefined);
  assert.equal(nextDelayMs(1, settings, '3'), 3_000);
  assert.equal(nextDelayMs(1, settings, '86400'), undefined);
  for (const [attempt, most] of [
    [1, 100],
    [2, 300],
    [3, 900],
  ] as const) {
    const delayMs = nextDelayMs(attempt, settings) ?? 0;
    assert.ok(delayMs >= most / 2 && delayMs <= most, `${attempt}: ${delayMs}`);
  }
  assert.equal(nextDelayMs(4, settings), undefined);
});

function openStore(t: TestContext, config?: object) {
  const folder = makeTemporaryFolder(t);
  const path = join(folder, 'config.json');
  if (config !== undefined) writeFileSync(path, JSON.stringify(config), { mode: 0o644 });
  return {
    folder,
    path,
    store: openCredentialStore({ DOCKER_CONFIG: folder }),
    read: () => JSON.parse(readFileSync(path, 'utf8')) as unknown,
  };
}

const encode = (text: string) => Buffer.from(text).toString('base64');

test('credentials are found in config.json by any spelling of the host', async (t) => {
  const { store } = openStore(t, {
    auths: {
      'https://index.docker.io/v1/': { auth: encode('hub:pass') },
      'reg.org:5000': { auth: encode('ann:a:b:c') },
      'https://old.org/v2/': { auth: encode('old:x') },
      'token.org': { auth: encode('me:'), identitytoken: 'T' },
      'empty.org': {},
    },
  });
  assert.deepEqual(await store.find('docker.io'), { kind: 'password', username: 'hub', password: 'pass' });
  assert.deepEqual(await store.find('reg.org:5000'), { kind: 'password', username: 'ann', password: 'a:b:c' });
  assert.deepEqual(await store.find('old.org'), { kind: 'password', username: 'old', password: 'x' });
  assert.deepEqual(await store.find('token.org'), { kind: 'identity-token', token: 'T' });
  for (const host of ['empty.org', 'reg.org', 'constructor']) assert.equal(await store.find(host), undefined, host);
});

test('config.json keeps what is not understood, is for its owner alone, and stays a link', async (t) => {
  const { store, folder, path, read } = openStore(t);
  writeFileSync(
    join(folder, 'real.json'),
    JSON.stringify({ detachKeys: 'ctrl-x', auths: { 'other.org': { auth: 'eA==' } } }),
  );
  symlinkSync('real.json', path);
  assert.equal(await store.save('docker.io', 'ann', { kind: 'password', username: 'ann', password: 'p:w' }), path);
  assert.deepEqual(read(), {
    detachKeys: 'ctrl-x',
    auths: { 'other.org': { auth: 'eA==' }, 'https://index.docker.io/v1/': { auth: encode('ann:p:w') } },
  });
  assert.equal(statSync(join(folder, 'real.json')).mode & 0o777, 0o600);
  assert.equal(await store.findUser('docker.io'), 'ann');
  assert.equal(await store.remove('docker.io'), true);
  assert.equal(await store.remove('docker.io'), false);
  assert.deepEqual(read(), { detachKeys: 'ctrl-x', auths: { 'other.org': { auth: 'eA==' } } });
});

test('a credential helper is asked by its protocol, and keeps what is saved', async (t) => {
  const { store, folder, read } = openStore(t, { credsStore: 'all', credHelpers: { 'special.org': 'gantry-test' } });
  const program = join(folder, 'docker-credential-gantry-test');
  writeFileSync(
    program,
    `#!/bin/sh
input=$(cat); echo "$1 $input" >> '${folder}/calls'
case "$1" in get) [ -f '${folder}/stored' ] && echo '{"ServerURL":"s","Username":"ann","Secret":"s3"}' || { echo 'credentials not found in native keychain'; exit 1; } ;;
store) touch '${folder}/stored' ;; erase) rm '${folder}/stored' ;; esac\n`,
  );
  chmodSync(program, 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = `${folder}:${path}`;
  t.after(() => {
    process.env['PATH'] = path;
  });
  assert.equal(await store.find('special.org'), undefined);
  assert.equal(
    await store.save('special.org', 'ann', { kind: 'password', username: 'ann', password: 's3' }),
    undefined,
  );
  assert.deepEqual(await store.find('special.org'), { kind: 'password', username: 'ann', password: 's3' });
  assert.deepEqual((read() as { auths: object }).auths, { 'special.org': {} });
  await store.remove('special.org');
  assert.deepEqual(readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n'), [
    'get special.org',
    'store {"ServerURL":"special.org","Username":"ann","Secret":"s3"}',
    'get special.org',
    'erase special.org',
  ]);
  await assert.rejects(store.find('any.org'), /docker-credential-all cannot be started/);
});
