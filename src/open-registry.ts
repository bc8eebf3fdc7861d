import { join } from 'node:path';
import type { RegistryRequest } from './cli/command-spec.js';
import type { EngineLocation } from './cli/run-cli.js';
import { serveRegistry } from './engine/registry/server/serve-registry.js';
import type { RegistryOutput, RunningRegistry } from './model/registry-options.js';
import { DEFAULT_ROOT } from './open-engine.js';

/** The registry of this process; its folder is `registry` below the engine's root unless another is named. */
export function openRegistry(
  { root = DEFAULT_ROOT }: EngineLocation,
  request: RegistryRequest,
  output: RegistryOutput,
): Promise<RunningRegistry> {
  return serveRegistry({ ...request, folder: request.folder ?? join(root, 'registry') }, output);
}
