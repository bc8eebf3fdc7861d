import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listStrayNames, removeNames, removeStrayNames, writeNames } from '../../src/engine/networks/name-files.js';
import type { ContainerId, NetworkId } from '../../src/model/ids.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const network = 'a'.repeat(64) as NetworkId;
const other = 'b'.repeat(64) as NetworkId;
const web = '1'.repeat(64) as ContainerId;
const db = '2'.repeat(64) as ContainerId;

test("a container's names are a line for each address, behind its network's name and its links", (t) => {
  const folder = join(makeTemporaryFolder(t), 'names');
  writeNames(folder, network, web, {
    networkName: 'back.end',
    addresses: ['172.18.0.2', 'fd00::2'],
    names: ['web', web.slice(0, 12), 'www'],
    links: { database: 'db' },
  });
  const place = join(folder, network);
  assert.deepEqual(readdirSync(place), [web]);
  assert.equal(
    readFileSync(join(place, web), 'utf8'),
    'network back.end\nlink database db\n172.18.0.2 web 111111111111 www\nfd00::2 web 111111111111 www\n',
  );
  assert.equal(statSync(place).mode & 0o777, 0o700);
  assert.equal(statSync(join(place, web)).mode & 0o777, 0o600);
});

test('names that no query can ask for are left out, and cannot make lines of their own', (t) => {
  const folder = makeTemporaryFolder(t);
  writeNames(folder, network, web, {
    networkName: 'net',
    addresses: ['10.0.0.2'],
    names: ['web', 'a b', 'x\n10.0.0.9 evil', '', 'é', 'a'.repeat(254)],
    links: { 'a\nb': 'c', ok: 'd e' },
  });
  assert.equal(readFileSync(join(folder, network, web), 'utf8'), 'network net\n10.0.0.2 web\n');
});

test('names that are written again take the place of those before, and change the time of the folder', (t) => {
  const folder = makeTemporaryFolder(t);
  const names = { networkName: 'net', addresses: ['10.0.0.2'], names: ['web'] };
  writeNames(folder, network, web, names);
  const before = statSync(join(folder, network), { bigint: true }).mtimeNs;
  for (;;) {
    writeNames(folder, network, web, { ...names, names: ['web', 'www'] });
    if (statSync(join(folder, network), { bigint: true }).mtimeNs !== before) break;
  }
  assert.equal(readFileSync(join(folder, network, web), 'utf8'), 'network net\n10.0.0.2 web www\n');
  removeNames(folder, network, web);
  removeNames(folder, network, web);
  removeNames(folder, other, web);
  assert.deepEqual(readdirSync(join(folder, network)), []);
});

test('more names than a resolver reads are refused', (t) => {
  const folder = makeTemporaryFolder(t);
  const names = Array.from({ length: 1000 }, (_, index) => `${'n'.repeat(60)}${index}`);
  assert.throws(
    () => writeNames(folder, network, web, { networkName: 'net', addresses: ['10.0.0.2', 'fd00::2'], names }),
    {
      kind: 'invalid-argument',
    },
  );
  assert.deepEqual(readdirSync(folder), []);
});

test('what is left of containers that do not run is found and removed, and folders that are empty then', (t) => {
  const folder = makeTemporaryFolder(t);
  const names = { networkName: 'net', addresses: ['10.0.0.2'], names: ['web'] };
  writeNames(folder, network, web, names);
  writeNames(folder, network, db, names);
  writeNames(folder, other, db, names);
  writeFileSync(join(folder, network, `.${db}.1`), '');
  writeFileSync(join(folder, network, `.${web}.1`), '');
  mkdirSync(join(folder, 'c'));
  const isRunning = (id: ContainerId): boolean => id === web;
  const strays = [
    join(folder, network, `.${db}.1`),
    join(folder, network, db),
    join(folder, other, db),
    join(folder, other),
    join(folder, 'c'),
  ].sort();
  assert.deepEqual([...listStrayNames(folder, isRunning)].sort(), strays);
  assert.deepEqual([...removeStrayNames(folder, isRunning)].sort(), strays);
  assert.deepEqual(readdirSync(folder), [network]);
  assert.deepEqual(readdirSync(join(folder, network)), [`.${web}.1`, web]);
  assert.deepEqual(removeStrayNames(folder, isRunning), []);
  assert.deepEqual(removeStrayNames(join(folder, 'none'), isRunning), []);
});
