import { join } from 'node:path';
import type { Cli } from './cli/command-spec.js';
import type { EngineLocation } from './cli/run-cli.js';
import { openImageUpstream } from './engine/images/serve-images.js';
import { collectRegistryGarbage } from './engine/registry/server/collect-garbage.js';
import { serveRegistry } from './engine/registry/server/serve-registry.js';
import { DEFAULT_ROOT } from './open-engine.js';

const GARBAGE_MS = 600_000;

/** The registry of this process; its folder is `registry` below the engine's root unless another is named. */
export function openRegistry({
  root = DEFAULT_ROOT,
}: EngineLocation): Pick<Cli, 'serveRegistry' | 'collectRegistryGarbage'> {
  const usual = join(root, 'registry');
  return {
    serveRegistry({ hasEngineImages, ...request }, output) {
      if (!hasEngineImages) return serveRegistry({ ...request, folder: request.folder ?? usual }, output);
      // On the file system of the images: their blobs are linked, not copied.
      const folder = request.folder ?? join(root, 'registry-of-engine');
      // An image that the engine removes must not keep its space for long.
      const garbageMs = request.garbageMs || GARBAGE_MS;
      return serveRegistry({ ...request, folder, garbageMs }, output, openImageUpstream(root));
    },
    collectRegistryGarbage: (folder = usual, options) => collectRegistryGarbage(folder, options),
  };
}
