import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { EngineLocation } from '../../src/model/engine-location.js';
import { FakeEngine } from '../support/fake-engine.js';
import { type CommandResult, runCommand } from '../support/run-command.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

/** What `daemon --validate` says of a file and of words; `@` in the answer is the path of the file. */
async function validate(t: TestContext, text: string, ...words: readonly string[]): Promise<CommandResult> {
  const path = join(makeTemporaryFolder(t), 'daemon.json');
  writeFileSync(path, text);
  const line = ['daemon', '--validate', '--config-file', path, ...words];
  const result = await runCommand(new FakeEngine(), line);
  return { ...result, stderr: result.stderr.replaceAll(path, '@') };
}

test('a file of everything that there is can be used', async (t) => {
  const all = {
    ...{ 'data-root': '/d', 'exec-root': '/e', hosts: ['unix:///s.sock', 'fd://'], group: 'adm', pidfile: '/p' },
    ...{ tls: true, tlsverify: true, tlscacert: '/a', tlscert: '/c', tlskey: '/k', debug: false },
    ...{ 'storage-driver': 'vfs', 'userns-remap': 'default', 'firewall-backend': 'none' },
    ...{ 'log-level': 'warn', 'log-format': 'json', labels: ['a=b', 'c='] },
    ...{ 'registry-mirrors': ['https://mirror.example/'], 'insecure-registries': ['http://reg:5000', '10.0.0.0/8'] },
    ...{ 'max-concurrent-downloads': 1, 'max-concurrent-uploads': 2, 'max-download-attempts': 3 },
    'upload-chunk-size': 1_048_576,
  };
  assert.deepEqual(await validate(t, JSON.stringify(all)), { code: 0, stdout: '', stderr: 'configuration OK\n' });
  assert.equal((await validate(t, '\n')).stderr, 'configuration OK\n', 'an empty file says nothing');
});

test('what a file says of the engine is what is opened', async (t) => {
  const path = join(makeTemporaryFolder(t), 'daemon.json');
  const engine = { 'data-root': '/d', 'exec-root': '/e', 'storage-driver': 'vfs', 'userns-remap': 'default' };
  writeFileSync(path, JSON.stringify({ ...engine, 'firewall-backend': 'none' }));
  let opened: EngineLocation | undefined;
  await runCommand(new FakeEngine(), ['daemon', '--config-file', path], {
    onOpen: (location) => {
      opened = location;
    },
  });
  const { root, runRoot, storageDriver, usernsRemap, firewallBackend } = opened ?? {};
  assert.deepEqual(
    [root, runRoot, storageDriver, usernsRemap, firewallBackend],
    ['/d', '/e', 'vfs', 'default', 'none'],
  );
});

const UNABLE = 'gantry: unable to configure the daemon with file @: ';
const BOTH = 'the following directives are specified both as a flag and in the configuration file: ';

/** Files, words beside them, and what is answered. */
const REFUSALS: readonly (readonly [text: string, words: string, answer: string | RegExp])[] = [
  [
    '{"debug": true, "live": 1, "bip": "10.0.0.1/24"}',
    '',
    `${UNABLE}the following directives don't match any configuration option: live, bip`,
  ],
  ['{', '', new RegExp(`^${UNABLE}the file is no JSON: .*JSON`)],
  ['[]', '', `${UNABLE}the file: it must be an object`],
  ['{"debug": "yes"}', '', `${UNABLE}debug: it must be true or false`],
  ['{"labels": ["x"]}', '', `${UNABLE}labels.0: bad attribute format: a label is KEY=VALUE`],
  ['{"registry-mirrors": ["ftp://x"]}', '', `${UNABLE}registry-mirrors.0: it is no http or https address`],
  ['{"max-concurrent-downloads": 0}', '', `${UNABLE}max-concurrent-downloads: it must be above 0`],
  ['{"firewall-backend": "pf"}', '', `${UNABLE}firewall-backend: use nftables, iptables, none`],
  ['{"log-level": "loud"}', '', `${UNABLE}log-level: use debug, info, warn, error, fatal`],
  [
    '{"hosts": ["unix:///a", "fd://"], "debug": true}',
    '-H unix:///b --debug=false',
    `${UNABLE}${BOTH}debug: (from flag: false, from file: true), hosts: (from flag: [unix:///b], from file: [unix:///a fd://])`,
  ],
  ['{"labels": []}', '--label a=b', `${UNABLE}${BOTH}labels: (from flag: [a=b], from file: [])`],
  ['{"hosts": ["udp://x"]}', '', 'gantry: invalid bind address (udp://x): use unix://PATH, tcp://HOST[:PORT] or fd://'],
  ['{}', '--log-level loud', /^invalid argument "loud" for "-l, --log-level" flag: invalid logging level: loud/],
  ['{}', '--max-download-attempts 0', /^invalid argument "0" for "--max-download-attempts" flag: it must be above 0/],
];

for (const [text, words, answer] of REFUSALS) {
  test(`the settings ${text} ${words} are refused`, async (t) => {
    const { code, stderr } = await validate(t, text, ...words.split(' ').filter(Boolean));
    const [line = ''] = stderr.split('\n');
    if (typeof answer === 'string') assert.equal(line, answer);
    else assert.match(line, answer);
    assert.notEqual(code, 0);
  });
}

test('what stands before the word daemon, and in variables, is said of the same things', async (t) => {
  const path = join(makeTemporaryFolder(t), 'daemon.json');
  writeFileSync(path, '{"data-root": "/file", "storage-driver": "vfs"}');
  const line = ['--storage-driver', 'btrfs', 'daemon', '--config-file', path];
  const { code, stderr } = await runCommand(new FakeEngine(), line, { env: { GANTRY_ROOT: '/variable' } });
  const conflicts =
    'data-root: (from flag: /variable, from file: /file), storage-driver: (from flag: btrfs, from file: vfs)';
  assert.deepEqual([code, stderr], [1, `${UNABLE.replace('@', path)}${BOTH}${conflicts}\n`]);
});

test('a file that is named must be there, the usual one need not', async (t) => {
  const folder = makeTemporaryFolder(t);
  const path = join(folder, 'daemon.json');
  const named = await runCommand(new FakeEngine(), ['daemon', '--validate', '--config-file', path]);
  assert.deepEqual([named.code, named.stderr], [1, `${UNABLE.replace('@', path)}there is no such file\n`]);
  const run = () => runCommand(new FakeEngine(), ['daemon', '--validate'], { env: { GANTRY_CONFIG: folder } });
  assert.equal((await run()).stderr, 'configuration OK\n');
  writeFileSync(path, '{"nosuch": 1}');
  assert.equal((await run()).code, 1);
});
