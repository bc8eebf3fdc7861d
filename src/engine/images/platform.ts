import { arch } from 'node:process';
import type { Descriptor } from '../../model/descriptor.js';
import { EngineError } from '../../model/errors.js';
import type { Platform } from '../../model/image.js';
import type { ImageIndex } from '../../model/manifest.js';
import { formatPlatform, selectManifest, toArchitecture } from '../../model/platform.js';

/** This machine's architecture in the words of image configs. */
export function hostArchitecture(): string {
  return toArchitecture(arch);
}

/** Programs for this one run here. */
export function hostPlatform(): Platform {
  return { os: 'linux', architecture: hostArchitecture() };
}

/** As `selectManifest`. Throws not-found where the index has none, in Docker's words. */
export function requireManifest({ manifests }: ImageIndex, wanted: Platform, withOthers = false): Descriptor {
  const found = selectManifest(manifests, wanted, withOthers);
  if (found !== undefined) return found;
  throw new EngineError('not-found', `no matching manifest for ${formatPlatform(wanted)} in the manifest list entries`);
}
