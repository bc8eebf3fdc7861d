import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApart } from '../support/apart-engine.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const PROGRAMS = ['command:busybox', 'command:ip', 'command:unshare'] as const;

test(
  'rules of nftables that others have flushed come back with the next start, with the ports of all who run',
  requires('root', 'overlay', 'command:nft', ...PROGRAMS),
  async (t) => {
    const { onHost, hear, print, run, servers } = await openApart(t);
    await print('network', 'create', 'app');
    await servers.start('web', '--network', 'app', '-p', '8080:80');
    await print('network', 'create', '-o', 'com.docker.network.bridge.gateway_mode_ipv4=routed', 'routed');
    await servers.start('direct', '--network', 'routed', '-p', '80');
    assert.equal(hear(8080), 'web');
    assert.match(onHost('nft', 'list', 'ruleset'), /set open4 \{[^}]*elements = \{ [\d.]+ \. tcp \. 80 \}/);
    const written = onHost('nft', 'list', 'ruleset');
    onHost('nft', 'flush', 'ruleset');
    assert.equal(hear(8080), '');
    // Somebody hears all that it says, and what the first attempt took is there: its names and its port.
    const said = await run(['run', '--rm', '--name', 'next', '--network', 'app', 'busybox', 'nslookup', 'next']);
    assert.equal(said.code, 0, said.stderr);
    assert.match(said.stdout, /Name:\s+next/);
    assert.equal(hear(8080), 'web');
    assert.equal(onHost('nft', 'list', 'ruleset'), written);
    onHost('nft', 'flush', 'ruleset');
    await servers.start('other', '-p', '8081:80');
    assert.deepEqual([hear(8080), hear(8081)], ['web', 'other']);
    // Rules of an older Gantry have no sets of open ports.
    const [, table = ''] = /^table inet (gantry_\w+) /m.exec(written) ?? [];
    onHost('nft', 'flush', 'chain', 'inet', table, 'forward');
    for (const set of ['open4', 'open6']) onHost('nft', 'delete', 'set', 'inet', table, set);
    await servers.start('later', '--network', 'routed', '-p', '80');
    assert.match(onHost('nft', 'list', 'set', 'inet', table, 'open4'), /elements = \{ [^,]+ \. 80,\s+[^,]+ \. 80 \}/);
    // The ports of a container move as it comes into a network.
    onHost('nft', 'flush', 'ruleset');
    await print('network', 'connect', 'app', 'other');
    assert.deepEqual([hear(8080), hear(8081)], ['web', 'other']);
  },
);

test(
  'a container that starts again by its policy runs without the rules, and network check makes them again',
  requires('root', 'overlay', 'command:nft', ...PROGRAMS),
  async (t) => {
    const { onHost, hear, print, servers } = await openApart(t);
    await servers.start('web', '--restart', 'always', '-p', '8080:80');
    const [, table = ''] = /^table inet (gantry_\w+)$/m.exec(onHost('nft', 'list', 'tables')) ?? [];
    assert.equal(await print('network', 'check'), '');
    onHost('nft', 'delete', 'table', 'inet', table);
    onHost('kill', '-9', await print('inspect', '-f', '{{.State.Pid}}', 'web'));
    await waitUntil('the restart', async () => {
      const state = await print('inspect', '-f', '{{.RestartCount}} {{.State.Status}}', 'web');
      return /^[1-9]\d* running$/.test(state) || undefined;
    });
    const problem = `firewall ${table}: others have removed it`;
    assert.equal(await print('network', 'check', '--dry-run'), problem);
    assert.equal(onHost('nft', 'list', 'tables'), '');
    assert.equal(await print('network', 'check'), `made again ${problem}`);
    await waitUntil('the server', () => hear(8080) === 'web' || undefined);
    assert.equal(await print('network', 'check'), '');
    // Nothing is left of rules that nobody needs.
    await print('rm', '-f', 'web');
    assert.equal(onHost('nft', 'list', 'tables'), '');
    assert.equal(await print('network', 'check'), '');
  },
);

test(
  'network check makes rules of iptables again that others have flushed',
  requires('root', 'overlay', 'command:iptables', ...PROGRAMS),
  async (t) => {
    const { onHost, print: plainly } = await openApart(t);
    const print: typeof plainly = (...words) => plainly('--firewall-backend', 'iptables', ...words);
    await print('run', '-d', '--name', 'web', '-p', '8080:80', 'busybox', 'sleep', '1000');
    const listRules = () => ['filter', 'nat'].map((table) => onHost('iptables', '-t', table, '-S'));
    const written = listRules();
    onHost('iptables', '-F');
    assert.match(await print('network', 'check', '--dry-run'), /^firewall gantry_\w+: others have removed it$/);
    assert.notDeepEqual(listRules(), written);
    assert.match(await print('network', 'check'), /^made again firewall gantry_\w+: others have removed it$/);
    assert.deepEqual(listRules(), written);
    onHost('iptables', '-t', 'nat', '-F');
    await print('network', 'check');
    assert.deepEqual(listRules(), written);
    assert.equal(await print('network', 'check'), '');
    // The last two that go at the same time take all rules with them.
    await print('rm', '-f', 'web');
    for (const name of ['one', 'two']) await print('network', 'create', name);
    await print('network', 'rm', 'one', 'two');
    assert.doesNotMatch(listRules().join('\n'), /gantry/);
  },
);
