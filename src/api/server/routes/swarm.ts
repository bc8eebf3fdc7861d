import { EngineError } from '../../../model/errors.js';
import { compilePath } from '../find-route.js';
import type { Method, Route } from '../route.js';

const NOT_MANAGER =
  'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.';
const MANAGED: readonly (readonly [Method, string])[] = [
  ['GET', '/swarm'],
  ['POST', '/swarm/update'],
  ['GET', '/swarm/unlockkey'],
  ['POST', '/swarm/unlock'],
  ['GET', '/nodes'],
  ['GET', '/nodes/{id}'],
  ['DELETE', '/nodes/{id}'],
  ['POST', '/nodes/{id}/update'],
  ['GET', '/services'],
  ['POST', '/services/create'],
  ['GET', '/services/{id}'],
  ['DELETE', '/services/{id}'],
  ['POST', '/services/{id}/update'],
  ['GET', '/services/{id}/logs'],
  ['GET', '/tasks'],
  ['GET', '/tasks/{id}'],
  ['GET', '/tasks/{id}/logs'],
  ...['secrets', 'configs'].flatMap((kind): readonly (readonly [Method, string])[] => [
    ['GET', `/${kind}`],
    ['POST', `/${kind}/create`],
    ['GET', `/${kind}/{id}`],
    ['DELETE', `/${kind}/{id}`],
    ['POST', `/${kind}/{id}/update`],
  ]),
];

/** What Docker answers where there is no swarm, and what it would take to make one. */
export const SWARM_ROUTES: readonly Route[] = [
  refuse('POST', '/swarm/init', () => new EngineError('not-implemented', 'swarm mode is not implemented')),
  refuse('POST', '/swarm/join', () => new EngineError('not-implemented', 'swarm mode is not implemented')),
  refuse('POST', '/swarm/leave', () => new EngineError('unavailable', 'This node is not part of a swarm')),
  ...MANAGED.map(([method, path]) => refuse(method, path, () => new EngineError('unavailable', NOT_MANAGER))),
];

function refuse(method: Method, path: string, makeError: () => EngineError): Route {
  const handle = (): never => {
    throw makeError();
  };
  return { method, path: compilePath(path), handle };
}
