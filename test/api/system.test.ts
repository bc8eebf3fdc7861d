import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApi } from '../support/api.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox');

test('every answer says whose it is and which version of the API it speaks', needs, async (t) => {
  const { send, warnings } = await openApi(t);
  for (const method of ['GET', 'HEAD']) {
    const { status, headers, text } = await send(method, '/_ping');
    assert.equal(status, 200);
    assert.equal(text, method === 'GET' ? 'OK' : '');
    assert.equal(headers['api-version'], '1.51');
    assert.equal(headers['ostype'], 'linux');
    assert.equal(headers['docker-experimental'], 'false');
    assert.equal(headers['swarm'], 'inactive');
    assert.equal(headers['cache-control'], 'no-cache, no-store, must-revalidate');
  }
  const missing = await send('GET', '/v1.41/nothing');
  assert.equal(missing.status, 404);
  assert.deepEqual(missing.json(), { message: 'page not found' });
  assert.equal(missing.headers['api-version'], '1.51');
  assert.deepEqual(warnings, []);
});
