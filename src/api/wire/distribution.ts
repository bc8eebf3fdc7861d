import type { Platform } from '../../model/image.js';
import type { RemoteImage } from '../../model/registry.js';

/** The answer of `GET /distribution/{name}/json`: Docker Engine API 1.51, DistributionInspect. */
export interface WireDistribution {
  readonly Descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly Platforms: readonly Platform[];
}

export function toWireDistribution({ descriptor, platforms }: RemoteImage): WireDistribution {
  const { mediaType, digest, size } = descriptor;
  const toWire = ({ architecture, os, variant }: Platform) => ({ architecture, os, ...(variant && { variant }) });
  return { Descriptor: { mediaType, digest, size }, Platforms: platforms.map(toWire) };
}
