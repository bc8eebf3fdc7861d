import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  doOverlap,
  formatIpAddress,
  formatSubnet,
  hasAddress,
  lastOf,
  parseCidr,
  parseIpAddress,
  sizeOf,
} from '../../src/model/ip-address.js';

const shortest = (text: string): string | undefined => {
  const address = parseIpAddress(text);
  return address && formatIpAddress(address);
};

test('addresses are read in every form and written in the shortest', () => {
  for (const [text, expected] of [
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['FD00:0:0:1::00a', 'fd00:0:0:1::a'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['1::', '1::'],
    ['0:0:1:0:0:0:0:0', '0:0:1::'],
  ] as const) {
    assert.equal(shortest(text), expected, text);
  }
});

test('what is no address is none', () => {
  const texts = [
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.01',
    ' 10.0.0.1',
    '10.0.0.1/8',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
  ];
  for (const text of [...texts, '1:2:3:4:5:6:7:8:9', '1:2:3:4::5:6:7:8', 'g::', '12345::', '::1.2.3', 'fe80::1%eth0']) {
    assert.equal(parseIpAddress(text), undefined, text);
  }
});

test('a subnet has a first and a last address, and what lies between', () => {
  const subnet = parseCidr('10.1.2.3/22')?.subnet;
  assert.ok(subnet !== undefined);
  assert.equal(formatSubnet(subnet), '10.1.0.0/22');
  assert.equal(formatIpAddress({ version: 4, value: lastOf(subnet) }), '10.1.3.255');
  assert.equal(sizeOf(subnet), 1024n);
  const has = (text: string) => hasAddress(subnet, parseIpAddress(text) ?? { version: 4, value: -1n });
  assert.deepEqual(['10.1.0.0', '10.1.3.255', '10.1.4.0', '10.0.255.255', '::'].map(has), [
    ...[true, true],
    ...[false, false, false],
  ]);
});

test('two subnets overlap where one contains the other', () => {
  const overlap = (a: string, b: string) => {
    const [first, second] = [parseCidr(a)?.subnet, parseCidr(b)?.subnet];
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(doOverlap(first, second), doOverlap(second, first));
    return doOverlap(first, second);
  };
  assert.ok(overlap('10.0.0.0/8', '10.200.0.0/16'));
  assert.ok(overlap('0.0.0.0/0', '192.168.0.0/24'));
  assert.ok(!overlap('10.0.0.0/25', '10.0.0.128/25'));
  assert.ok(overlap('fd00::/64', 'fd00::1:0/112'));
  assert.ok(!overlap('::/0', '0.0.0.0/0'));
});

test('a prefix length is a number that the version has', () => {
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/-1', '/8', '::/129', 'x/8']) {
    assert.equal(parseCidr(text), undefined, text);
  }
});
