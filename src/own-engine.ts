import { existsSync } from 'node:fs';
import { currentContextPath } from './api/client/current-context.js';
import type { EngineLocation } from './model/engine-location.js';

/** Where the engine of a process is, unless it is told otherwise. */
export const DEFAULT_ROOT = '/var/lib/gantry';
export const DEFAULT_RUN_ROOT = '/run/gantry';

const VARIABLES = ['GANTRY_HOST', 'GANTRY_CONTEXT', 'DOCKER_HOST', 'DOCKER_CONTEXT'];

/** Nobody who asks for the engine of this process waits for what finds others. */
export function asksForAnother({ host, context, isOwn }: EngineLocation, env: NodeJS.ProcessEnv): boolean {
  if (host !== undefined || context !== undefined) return true;
  return isOwn !== true && (VARIABLES.some((name) => env[name]) || existsSync(currentContextPath(env)));
}
