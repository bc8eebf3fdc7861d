import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PortBinding } from '../../../src/model/container-config.js';
import { formatPublished } from '../../../src/ui/rows/port-text.js';

const tcp = (hostPort: number | undefined, containerPort: number, more: Partial<PortBinding> = {}): PortBinding => ({
  ...(hostPort === undefined ? {} : { hostPort }),
  containerPort,
  protocol: 'tcp',
  ...more,
});

test('published ports are told in few cells, and only what is not as with most', () => {
  assert.equal(formatPublished([tcp(8080, 80, { hostIp: '0.0.0.0' })], '→'), '8080→80');
  assert.equal(
    formatPublished([tcp(5353, 53, { hostIp: '127.0.0.1', protocol: 'udp' })], '>'),
    '127.0.0.1:5353>53/udp',
  );
  assert.equal(formatPublished([tcp(443, 443, { hostIp: '::1' })], '→'), '[::1]:443→443');
  assert.equal(formatPublished([], '→'), '');
});

test('one of both versions is told once, and neighbours that follow each other are one', () => {
  const both = ['0.0.0.0', '::'].map((hostIp) => tcp(8080, 80, { hostIp }));
  assert.equal(formatPublished(both, '→'), '8080→80');
  const range = [8002, 8000, 8001].map((port) => tcp(port, port - 7920));
  assert.equal(formatPublished([...range, tcp(9000, 83)], '→'), '8000-8002→80-82 9000→83');
  assert.equal(formatPublished([tcp(1, 1), tcp(2, 2, { protocol: 'udp' })], '→'), '2→2/udp 1→1');
});

test('what is not chosen yet is told as it was asked for', () => {
  assert.equal(formatPublished([tcp(undefined, 80)], '→'), '→80');
  assert.equal(formatPublished([tcp(8000, 80, { hostPortEnd: 8010 })], '→'), '8000-8010→80');
});
