import { join } from 'node:path';
import type { Cli } from './cli/command-spec.js';
import type { EngineLocation } from './cli/run-cli.js';
import { collectRegistryGarbage } from './engine/registry/server/collect-garbage.js';
import { serveRegistry } from './engine/registry/server/serve-registry.js';
import { DEFAULT_ROOT } from './open-engine.js';

/** The registry of this process; its folder is `registry` below the engine's root unless another is named. */
export function openRegistry({
  root = DEFAULT_ROOT,
}: EngineLocation): Pick<Cli, 'serveRegistry' | 'collectRegistryGarbage'> {
  const usual = join(root, 'registry');
  return {
    serveRegistry: (request, output) => serveRegistry({ ...request, folder: request.folder ?? usual }, output),
    collectRegistryGarbage: (folder = usual, options) => collectRegistryGarbage(folder, options),
  };
}
