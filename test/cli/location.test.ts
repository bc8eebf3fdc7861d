import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineLocation } from '../../src/model/engine-location.js';
import { FakeEngine } from '../support/fake-engine.js';
import { runCommand } from '../support/run-command.js';

/** Words before the command, the environment, and which engine they ask for. */
const CASES: readonly (readonly [string, Readonly<Record<string, string>>, EngineLocation])[] = [
  ['', {}, {}],
  ['--userns-remap default', {}, { usernsRemap: 'default' }],
  ['--userns-remap=100000:65536', {}, { usernsRemap: '100000:65536' }],
  ['', { GANTRY_USERNS_REMAP: 'web' }, { usernsRemap: 'web' }],
  ['', { GANTRY_USERNS_REMAP: '' }, {}],
  ['--userns-remap 100000', { GANTRY_USERNS_REMAP: 'web' }, { usernsRemap: '100000' }],
  ['--userns-remap=', { GANTRY_USERNS_REMAP: 'web' }, {}],
  ['--storage-driver vfs', {}, { storageDriver: 'vfs' }],
  ['', { GANTRY_STORAGE_DRIVER: 'btrfs' }, { storageDriver: 'btrfs' }],
  ['--storage-driver vfs', { GANTRY_STORAGE_DRIVER: 'btrfs' }, { storageDriver: 'vfs' }],
  ['', { GANTRY_STORAGE_DRIVER: '' }, {}],
  ['--firewall-backend none', { GANTRY_FIREWALL_BACKEND: 'iptables' }, { firewallBackend: 'none' }],
  ['', { GANTRY_FIREWALL_BACKEND: 'iptables' }, { firewallBackend: 'iptables' }],
  ['--root /r --run-root /s', {}, { root: '/r', runRoot: '/s' }],
  ['', { GANTRY_ROOT: '/r', GANTRY_RUN_ROOT: '/s' }, { root: '/r', runRoot: '/s' }],
  ['--root /flag', { GANTRY_ROOT: '/env', GANTRY_RUN_ROOT: '' }, { root: '/flag' }],
];

for (const [words, env, location] of CASES) {
  test(`gantry ${words} with ${JSON.stringify(env)} asks for ${JSON.stringify(location)}`, async () => {
    const asked: EngineLocation[] = [];
    const line = [...words.split(' ').filter((word) => word !== ''), 'ps', '-q'];
    const result = await runCommand(new FakeEngine(), line, { env, onOpen: (given) => asked.push(given) });
    assert.deepEqual(result, { code: 0, stdout: '', stderr: '' });
    assert.deepEqual(asked, [location]);
  });
}

test('an unknown firewall backend is refused before any engine is asked for', async () => {
  const asked: EngineLocation[] = [];
  const words = ['--firewall-backend', 'ipfw', 'ps'];
  const result = await runCommand(new FakeEngine(), words, { onOpen: (given) => asked.push(given) });
  assert.deepEqual([result.code, asked], [1, []]);
  assert.match(result.stderr, /unknown firewall backend "ipfw": it is one of nftables, iptables, none/);
});

test('a global flag without its value is refused before any engine is asked for', async () => {
  const asked: EngineLocation[] = [];
  const result = await runCommand(new FakeEngine(), ['--userns-remap'], { onOpen: (given) => asked.push(given) });
  assert.equal(result.code, 125);
  assert.match(result.stderr, /^flag needs an argument: --userns-remap/);
  assert.deepEqual(asked, []);
});
