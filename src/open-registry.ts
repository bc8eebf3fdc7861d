import { join } from 'node:path';
import type { Cli } from './cli/command-spec.js';
import { openImageUpstream } from './engine/images/serve-images.js';
import { createRegistryClient } from './engine/registry/client/create-registry-client.js';
import { readRegistrySettings } from './engine/registry/client/registry-settings.js';
import { collectRegistryGarbage } from './engine/registry/server/collect-garbage.js';
import { serveRegistry } from './engine/registry/server/serve-registry.js';
import { readPrivateKey, readPublicKey } from './engine/registry/signature/keys.js';
import { signImage } from './engine/registry/signature/sign-image.js';
import { verifyImage } from './engine/registry/signature/verify-image.js';
import type { EngineLocation } from './model/engine-location.js';
import { parseImageReference } from './model/image-reference.js';
import { DEFAULT_ROOT } from './own-engine.js';

const GARBAGE_MS = 600_000;

/** The registry of this process; its folder is `registry` below the engine's root unless another is named. */
export function openRegistry({
  root = DEFAULT_ROOT,
}: EngineLocation): Pick<Cli, 'serveRegistry' | 'collectRegistryGarbage' | 'signImage' | 'verifyImage'> {
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
    signImage: (reference, keyFile, passphrase) =>
      signImage(openClient(), parseImageReference(reference), readPrivateKey(keyFile, passphrase)),
    verifyImage: (reference, keyFiles) =>
      verifyImage(openClient(), parseImageReference(reference), keyFiles.map(readPublicKey)),
  };
}

/** Registries as this user reaches them. */
function openClient() {
  return createRegistryClient(() => readRegistrySettings(process.env));
}
