import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCommandWorld } from '../support/command-world.js';
import { requires } from '../support/requires.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');
const BUILTIN = ['bridge', 'host', 'none'];

test(
  'network ls is ordered and filtered as Docker has it, and prune takes what its filters leave',
  NEEDS,
  async (t) => {
    const { print } = await makeCommandWorld(t);
    const id = await print('network', 'create', '--label', 'tier=back', '--label', 'old', 'net10');
    await print('network', 'create', '--label', 'tier=front', '--internal', 'net2');
    await print('network', 'create', 'used');
    await print('create', '--network', 'used', 'busybox');
    const list = async (...words: readonly string[]) =>
      (await print('network', 'ls', ...words)).split('\n').filter((line) => line !== '');
    const names = (...filters: readonly string[]) =>
      list('--format', '{{.Name}}', ...filters.flatMap((filter) => ['-f', filter]));
    assert.deepEqual(await names(), ['bridge', 'host', 'net2', 'net10', 'none', 'used']);
    const rows: readonly (readonly [readonly string[], readonly string[]])[] = [
      [['name=net'], ['net2', 'net10']],
      [['name=^net1'], ['net10']],
      [
        ['name=net2', 'name=used'],
        ['net2', 'used'],
      ],
      // Anywhere in it, as with Docker.
      [[`id=${id.slice(5, 25)}`], ['net10']],
      [
        ['driver=host', 'driver=null'],
        ['host', 'none'],
      ],
      [
        ['driver=bridge', 'type=custom'],
        ['net2', 'net10', 'used'],
      ],
      [['label=tier'], ['net2', 'net10']],
      [['label=tier=back'], ['net10']],
      [['label=tier', 'label=old'], ['net10']],
      [['scope=swarm'], []],
      [['scope=local', 'type=builtin'], BUILTIN],
      [['dangling=true'], ['net2', 'net10']],
      [['dangling=false'], [...BUILTIN, 'used']],
    ];
    for (const [filters, found] of rows) assert.deepEqual(await names(...filters), found, filters.join(' '));
    assert.deepEqual(await list('-q', '-f', 'name=net10'), [id.slice(0, 12)]);
    assert.deepEqual(await list('-q', '--no-trunc', '-f', 'name=net10'), [id]);
    const fields = '{{.ID}} {{.Driver}} {{.Scope}} {{.IPv4}} {{.IPv6}} {{.Internal}} {{.Label "tier"}}';
    const [line = ''] = await list('--no-trunc', '--format', fields, '-f', 'name=net2');
    assert.match(line, /^[0-9a-f]{64} bridge local true false true front$/);
    assert.deepEqual((await list()).map((text) => text.trimEnd().split(/ {2,}/).at(0)).at(0), 'NETWORK ID');
    const prune = async (...filters: readonly string[]) =>
      (await print('network', 'prune', '-f', ...filters.flatMap((filter) => ['--filter', filter]))).split('\n')[1] ??
      '';
    assert.equal(await prune('until=1h'), '');
    assert.equal(await prune('label=tier=front'), 'net2');
    assert.equal(await prune('label!=old'), '');
    assert.equal(await prune(), 'net10');
    assert.deepEqual(await names('type=custom'), ['used']);
  },
);
