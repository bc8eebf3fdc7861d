import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openForwarding } from '../../src/engine/networks/host-forwarding.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const NETWORK = {
  ...{ name: 'app', interfaceName: 'br-app', subnets: ['203.0.113.0/24'] },
  ...{ isInternal: false, isMasqueraded: true },
};

/** Parameters of a host that are files of a test's own. */
function openWorld(t: TestContext, forward: string) {
  const [folder, settings] = [makeTemporaryFolder(t), makeTemporaryFolder(t)];
  const parameter = join(settings, 'net/ipv4/ip_forward');
  mkdirSync(join(settings, 'net/ipv4'), { recursive: true });
  writeFileSync(parameter, `${forward}\n`);
  return { folder, forwarding: openForwarding(folder, settings), read: () => readFileSync(parameter, 'utf8').trim() };
}

test('forwarding is turned on by the first and off by the last, and stays where it was on before', (t) => {
  const { folder, forwarding, read } = openWorld(t, '0');
  forwarding.begin('one', '/root/one', NETWORK);
  forwarding.begin('two', '/root/two', NETWORK);
  assert.equal(read(), '1');
  forwarding.end('one');
  assert.deepEqual(
    [read(), forwarding.listOwners().map(({ owner, root }) => [owner, root])],
    ['1', [['two', '/root/two']]],
  );
  forwarding.end('two');
  assert.deepEqual([read(), readdirSync(folder)], ['0', []]);

  const on = openWorld(t, '1');
  on.forwarding.begin('one', '/root/one', NETWORK);
  on.forwarding.end('one');
  assert.equal(on.read(), '1');
});

test('who says already whose it is does not say it again: it is never empty in between', (t) => {
  const { folder, forwarding } = openWorld(t, '0');
  const user = join(folder, 'user-one');
  forwarding.begin('one', '/root/one', NETWORK);
  utimesSync(user, 1, 1);
  forwarding.begin('one', '/root/one', NETWORK);
  assert.equal(statSync(user).mtimeMs, 1000);
  // Its maker was killed before it could say it.
  writeFileSync(user, '');
  assert.equal(forwarding.listOwners()[0]?.root, '');
  forwarding.begin('one', '/root/one', NETWORK);
  assert.equal(forwarding.listOwners()[0]?.root, '/root/one');
});
