import type { Route } from './route.js';
import { CONTAINER_ROUTES } from './routes/containers.js';
import { SYSTEM_ROUTES } from './routes/system.js';

/** The table of all routes; the first whose method and path fit is taken. */
export function createRoutes(): readonly Route[] {
  return [...SYSTEM_ROUTES, ...CONTAINER_ROUTES];
}
