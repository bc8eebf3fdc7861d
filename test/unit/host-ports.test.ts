import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createHostPorts, type HostPortsOptions } from '../../src/engine/networks/host-ports.js';
import type { PortBinding } from '../../src/model/container-config.js';
import { addContainerRow, makeNetworkWorld } from '../support/network-world.js';

const ANY: PortBinding = { containerPort: 80, protocol: 'tcp' };

/** Asks for a port of a state root of its own. */
function takePort(t: TestContext, options: Omit<HostPortsOptions, 'database'>, binding: PortBinding = ANY): number {
  const { parts } = makeNetworkWorld(t);
  const { database } = parts;
  const [bound] = createHostPorts({ database, ...options }).take(addContainerRow(parts), [binding], ['0.0.0.0']);
  return bound?.hostPort ?? 0;
}

test('engines of several roots that choose at once do not begin at the same port', (t) => {
  const ports = Array.from({ length: 8 }, () => takePort(t, { range: [20_000, 60_000], readUsed: () => new Set() }));
  // Eight of the first eight would be one and the same; that two of these are is one in a thousand, that five are never.
  assert.ok(new Set(ports).size > 4, ports.join());
});

test('a port that is chosen is free of connections too, one of a range that was named of servers', (t) => {
  const asked: string[] = [];
  const readUsed = (what: 'listening' | 'all') => {
    asked.push(what);
    return new Set(['tcp 7000', 'tcp 7001', 'tcp 7003'].slice(0, what === 'all' ? 3 : 1));
  };
  assert.equal(takePort(t, { range: [7000, 7003], readUsed }), 7002);
  assert.equal(takePort(t, { readUsed }, { ...ANY, hostPort: 7000, hostPortEnd: 7003 }), 7001);
  assert.deepEqual(asked, ['all', 'listening']);
});

test('where no port is free the first is named', (t) => {
  const readUsed = () => new Set(['tcp 7000', 'tcp 7001']);
  assert.throws(() => takePort(t, { range: [7000, 7001], readUsed }), {
    message: 'Bind for 0.0.0.0:7000-7001 failed: port is already allocated',
  });
});
