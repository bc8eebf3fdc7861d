import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listOpenedPorts, toPortBinding } from '../../src/engine/containers/opened-ports.js';
import type { ContainerEndpoint } from '../../src/model/container.js';
import type { ContainerConfig } from '../../src/model/container-config.js';

const BOTH: ContainerEndpoint = {
  ...{ networkId: '', networkName: 'both', endpointId: '', attachment: { network: 'both' } },
  ...{ ipAddress: '10.0.0.2', ip6Address: 'fd00::2', routed: [4, 6] },
};

function listOpened(config: Partial<ContainerConfig>, ...networks: readonly ContainerEndpoint[]): readonly string[] {
  return listOpenedPorts({ config: { image: 'busybox', ...config }, networks }).map(
    ({ address, protocol, port }) => `${address} ${protocol} ${port}`,
  );
}

test('of an address of the host that was asked for the family counts', () => {
  const ports = [
    { containerPort: 80, protocol: 'tcp', hostIp: '127.0.0.1', hostPort: 8080 },
    { containerPort: 53, protocol: 'udp', hostIp: '::1' },
    { containerPort: 22, protocol: 'tcp' },
  ] as const;
  assert.deepEqual(listOpened({ ports }, BOTH), [
    '10.0.0.2 tcp 80',
    'fd00::2 udp 53',
    '10.0.0.2 tcp 22',
    'fd00::2 tcp 22',
  ]);
});

test('a port is open once, in each network that is routed, and not in others', () => {
  const ports = [8080, 8081].map((hostPort) => ({ containerPort: 80, protocol: 'tcp' as const, hostPort }));
  const other: ContainerEndpoint = { ...BOTH, ipAddress: '10.0.1.2', routed: [4] };
  const { routed: _, ...translated } = BOTH;
  assert.deepEqual(listOpened({ ports }, translated, other), ['10.0.1.2 tcp 80']);
  assert.deepEqual(listOpened({ ports }, BOTH, other), ['10.0.0.2 tcp 80', 'fd00::2 tcp 80', '10.0.1.2 tcp 80']);
});

test('with all exposed ports published those are open, and else none of them', () => {
  const exposed = { exposedPorts: ['80/tcp', '53/udp'], ports: [{ containerPort: 80, protocol: 'tcp' as const }] };
  assert.deepEqual(listOpened(exposed, { ...BOTH, routed: [4] }), ['10.0.0.2 tcp 80']);
  assert.deepEqual(listOpened({ ...exposed, publishAll: true }, { ...BOTH, routed: [4] }), [
    '10.0.0.2 tcp 80',
    '10.0.0.2 udp 53',
  ]);
});

test('what is open is shown at every address of the host, with no port of it', () => {
  const shown = (address: string) => toPortBinding({ address, protocol: 'tcp', port: 80 });
  assert.deepEqual(shown('fd00::2'), { containerPort: 80, protocol: 'tcp', hostIp: '::' });
  assert.deepEqual(shown('10.0.0.2'), { containerPort: 80, protocol: 'tcp', hostIp: '0.0.0.0' });
});
