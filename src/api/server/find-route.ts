import { EngineError } from '../../model/errors.js';
import type { Route } from './route.js';

export interface FoundRoute {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** What the path of a route may name: an id or a name without a slash, or the rest of the path with them. */
const GROUPS: Readonly<Record<string, string>> = { '{': '[^/]+', '{*': '.+' };

/**
 * The pattern of a path: `{id}` is one part of it, `{*name}` may hold slashes, as names of images do. A name may have the slash in front
 * that Docker lists it with.
 */
export function compilePath(path: string): RegExp {
  const source = path.replaceAll(
    /(\{\*?)(\w+)\}/g,
    (_, open: string, name: string) => `/?(?<${name}>${GROUPS[open] ?? ''})`,
  );
  return new RegExp(`^${source}/?$`);
}

/** The first route whose method and path fit. Throws not-found. */
export function findRoute(routes: readonly Route[], method: string, path: string): FoundRoute {
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (match !== null) return { route, params: decodeAll(match.groups ?? {}) };
  }
  throw new EngineError('not-found', 'page not found');
}

function decodeAll(groups: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]));
  } catch {
    throw new EngineError('invalid-argument', 'the path is not encoded as a URL');
  }
}
