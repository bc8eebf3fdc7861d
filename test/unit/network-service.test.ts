import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNetworkService } from '../../src/engine/networks/network-service.js';

test('the host and none networks are always there and cannot be removed', async () => {
  const networks = createNetworkService();
  assert.deepEqual(
    (await networks.list()).map((network) => network.name),
    ['host', 'none'],
  );
  await assert.rejects(networks.remove('host'), { kind: 'permission-denied', message: /pre-defined network/ });
  await assert.rejects(networks.inspect('backend'), { kind: 'not-found', message: 'network backend not found' });
  await assert.rejects(networks.create({ name: 'backend', driver: 'bridge' }), { kind: 'not-implemented' });
});
