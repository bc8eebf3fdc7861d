import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApi } from '../support/api.js';
import { requires } from '../support/requires.js';

const NOT_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';

/** A request and its answer. */
const ROWS: readonly (readonly [request: string, status: number, message: string])[] = [
  ...[
    ...['GET /swarm', 'POST /swarm/update?version=1', 'GET /swarm/unlockkey', 'POST /swarm/unlock'],
    ...['GET /nodes', 'GET /nodes/x', 'DELETE /nodes/x', 'POST /nodes/x/update?version=1'],
    ...['GET /services', 'POST /services/create', 'GET /services/x', 'DELETE /services/x'],
    ...['POST /services/x/update?version=1', 'GET /services/x/logs', 'GET /tasks', 'GET /tasks/x', 'GET /tasks/x/logs'],
    ...['secrets', 'configs'].flatMap((kind) => [
      ...[`GET /${kind}`, `POST /${kind}/create`, `GET /${kind}/x`, `DELETE /${kind}/x`, `POST /${kind}/x/update`],
    ]),
  ].map((request) => [request, 503, NOT_MANAGER] as const),
  ['POST /swarm/leave?force=1', 503, 'This node is not part of a swarm'],
  ['POST /swarm/init', 501, 'swarm mode is not implemented'],
  ['POST /swarm/join', 501, 'swarm mode is not implemented'],
  ['GET /plugins/nosuch/json', 404, 'plugin "nosuch" not found'],
  ['GET /plugins/a.b/c:latest/json', 404, 'plugin "a.b/c:latest" not found'],
  ['DELETE /plugins/nosuch?force=1', 404, 'plugin "nosuch" not found'],
  ['POST /plugins/nosuch/enable', 404, 'plugin "nosuch" not found'],
  ['POST /plugins/pull?remote=x', 501, 'plugins are not implemented'],
  ['GET /plugins/privileges?remote=x', 501, 'plugins are not implemented'],
  ['POST /build?t=x', 501, 'build is not implemented yet: make images with import, load or commit'],
  ['POST /session', 501, 'build is not implemented yet'],
  ['POST /grpc', 501, 'build is not implemented yet'],
  [
    'GET /containers/x/checkpoints',
    501,
    'This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.',
  ],
];

test(
  'what is not here is answered as a Docker without it answers',
  requires('root', 'overlay', 'command:busybox'),
  async (t) => {
    const { send, warnings } = await openApi(t);
    for (const [request, status, message] of ROWS) {
      const [method = '', path = ''] = request.split(' ');
      const answer = await send(method, path, method === 'POST' ? { body: {} } : {});
      assert.deepEqual([answer.status, answer.json()], [status, { message }], request);
    }
    assert.deepEqual((await send('GET', '/plugins')).json(), []);
    assert.deepEqual((await send('POST', '/build/prune?filters=')).json(), { CachesDeleted: null, SpaceReclaimed: 0 });
    assert.deepEqual(warnings, []);
  },
);
