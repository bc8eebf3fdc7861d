import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPorts } from '../../src/cli/rows/ports.js';
import type { PortBinding } from '../../src/model/container-config.js';

const at = (hostIp: string, hostPort: number, containerPort: number, protocol: PortBinding['protocol'] = 'tcp') => ({
  ...{ hostIp, hostPort, containerPort, protocol },
});

const CASES: readonly (readonly [string, readonly PortBinding[], readonly string[]])[] = [
  ['', [], []],
  ['80/tcp, 90/tcp, 81/udp', [], ['90/tcp', '81/udp', '80/tcp']],
  ['80-82/tcp', [], ['81/tcp', '80/tcp', '82/tcp']],
  ['0.0.0.0:8080->80/tcp, [::]:8080->80/tcp', [at('::', 8080, 80), at('0.0.0.0', 8080, 80)], ['80/tcp']],
  [
    '53/udp, 0.0.0.0:443->443/tcp, [::]:443->443/tcp, 127.0.0.1:8080->80/tcp',
    [at('127.0.0.1', 8080, 80), at('0.0.0.0', 443, 443), at('::', 443, 443)],
    ['53/udp'],
  ],
  // Of a container that others reach at its own addresses.
  ['80/tcp', ['0.0.0.0', '::'].map((hostIp) => ({ hostIp, containerPort: 80, protocol: 'tcp' })), ['80/tcp']],
  ['0.0.0.0:9000-9001->9000-9001/udp', [at('0.0.0.0', 9000, 9000, 'udp'), at('0.0.0.0', 9001, 9001, 'udp')], []],
  ['0.0.0.0:1000->80/tcp, 0.0.0.0:1001->81/tcp', [at('0.0.0.0', 1001, 81), at('0.0.0.0', 1000, 80)], []],
];

for (const [text, published, exposed] of CASES) {
  test(`ports of ps: ${text === '' ? 'none' : text}`, () => assert.equal(formatPorts(published, exposed), text));
}
