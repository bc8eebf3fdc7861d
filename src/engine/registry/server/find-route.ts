import { RegistryError } from './registry-error.js';
import type { Handler, Method, Route } from './route.js';

export interface FoundRoute {
  readonly name: string;
  readonly handler: Handler;
  readonly repository: string;
  readonly reference: string;
}

/** OCI distribution-spec, "Pulling manifests". */
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const NAME_LENGTH_MAX = 255;

/** Rejects: RegistryError 404 (no such path), 405, 400 (hostile or wrong name). */
export function findRoute(routes: readonly Route[], method: string, path: string): FoundRoute {
  for (const route of routes) {
    const match = route.path.exec(path);
    if (match === null) continue;
    const handler = route.methods[toMethod(method)];
    if (handler === undefined) throw notAllowed(route, method);
    const repository = decode(match.groups?.['name'] ?? '');
    if (match.groups?.['name'] !== undefined) checkName(repository);
    return { name: route.name, handler, repository, reference: decode(match.groups?.['reference'] ?? '') };
  }
  throw new RegistryError(404, 'UNSUPPORTED', 'no such endpoint: this is an OCI registry, its API begins at /v2/');
}

export function isRepositoryName(name: string): boolean {
  return name.length <= NAME_LENGTH_MAX && NAME.test(name);
}

function toMethod(method: string): Method {
  return (method === 'HEAD' ? 'GET' : method) as Method;
}

function checkName(name: string): void {
  if (isRepositoryName(name)) return;
  throw new RegistryError(400, 'NAME_INVALID', `invalid repository name ${JSON.stringify(name.slice(0, 300))}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RegistryError(400, 'NAME_INVALID', 'the path is not encoded as a URL');
  }
}

function notAllowed(route: Route, method: string): RegistryError {
  const methods = Object.keys(route.methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
  return new RegistryError(405, 'UNSUPPORTED', `${method} is not supported here`, { Allow: methods.join(', ') });
}
