import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createFirewall, type FirewallOptions } from '../../src/engine/networks/firewall.js';
import { RoleFailure } from '../../src/platform/role-process.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

interface Host {
  /** What the kernel says to nfnetlink; absent: it takes it. */
  readonly errno?: string;
  readonly hasIptables?: boolean;
  /** Others have made it drop what is forwarded. */
  readonly isDropping?: boolean;
}

function makeFirewallOn(
  t: TestContext,
  { errno, hasIptables = true, isDropping = false }: Host,
  given: Partial<FirewallOptions> = {},
) {
  const folder = makeTemporaryFolder(t);
  const did: string[] = [];
  const options: FirewallOptions = {
    ...{ table: 'gantry_0', folder },
    send: ([request]) => {
      did.push(`nftables: ${request?.what ?? 'remove'}`);
      return errno === undefined ? Promise.resolve() : Promise.reject(new RoleFailure(errno, '', 'cannot'));
    },
    iptables: {
      write: () => {
        did.push('iptables: write');
        return Promise.resolve(hasIptables);
      },
      isDropping: () => Promise.resolve(isDropping),
      letThrough: () => {
        did.push('iptables: let through');
        return Promise.resolve();
      },
      isThere: () => Promise.resolve(true),
      remove: () => {
        did.push('iptables: remove');
        return Promise.resolve();
      },
    },
    ...given,
  };
  return { firewall: createFirewall(options), did, folder, options };
}

const CASES: readonly (readonly [string, Host, string])[] = [
  ['nf_tables', {}, 'nftables'],
  ['no nf_tables', { errno: 'EOPNOTSUPP' }, 'iptables'],
  ['no nfnetlink', { errno: 'EPROTONOSUPPORT' }, 'iptables'],
  ['neither', { errno: 'EOPNOTSUPP', hasIptables: false }, 'none'],
];

for (const [what, host, backend] of CASES) {
  test(`a host with ${what} has its rules by ${backend}, also when they go`, async (t) => {
    const { firewall, did, folder } = makeFirewallOn(t, host);
    await firewall.write([]);
    assert.equal(firewall.backend(), backend);
    assert.equal(readFileSync(join(folder, 'firewall-gantry_0'), 'utf8'), backend);
    did.length = 0;
    await firewall.write([]);
    await firewall.remove();
    const own = { nftables: ['nftables: write the rules of the firewall', 'nftables: remove'], none: [] };
    assert.deepEqual(did, backend in own ? own[backend as keyof typeof own] : ['iptables: write', 'iptables: remove']);
    assert.ok(!existsSync(join(folder, 'firewall-gantry_0')));
  });
}

test('where others drop what is forwarded, rules of iptables let the networks through, and go with the others', async (t) => {
  const { firewall, did, folder } = makeFirewallOn(t, { isDropping: true });
  await firewall.write([]);
  await firewall.remove();
  const own = [
    'nftables: write the rules of the firewall',
    'iptables: let through',
    'iptables: remove',
    'nftables: remove',
  ];
  assert.deepEqual(did, own);
  assert.deepEqual(readdirSync(folder), []);
});

test('what another process has chosen counts until all bridges are gone', async (t) => {
  const { firewall, options, did } = makeFirewallOn(t, {}, { wanted: 'none' });
  await firewall.write([]);
  const other = createFirewall({ ...options, wanted: 'nftables' });
  await other.write([]);
  assert.deepEqual([other.backend(), did], ['none', []]);
  await other.remove();
  await other.write([]);
  assert.deepEqual([firewall.backend(), did.length], ['nftables', 1]);
});

test('what was asked for and is not there is refused, and any other failure is one', async (t) => {
  const absent = makeFirewallOn(t, { errno: 'EOPNOTSUPP' }, { wanted: 'nftables' });
  await assert.rejects(absent.firewall.write([]), { kind: 'unavailable', message: /firewall backend nftables/ });
  const broken = makeFirewallOn(t, { errno: 'ENOMEM' });
  await assert.rejects(broken.firewall.write([]), { errno: 'ENOMEM' });
  assert.deepEqual(broken.did, ['nftables: write the rules of the firewall']);
});
