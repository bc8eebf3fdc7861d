import type { PruneReport, RemovedImage } from '../../engine/engine.js';

/** One row of the answer of `DELETE /images/{name}`: Docker Engine API 1.51, ImageDeleteResponseItem. */
export type WireRemovedImage = { readonly Untagged: string } | { readonly Deleted: string };

export function toWireRemoved(removed: RemovedImage): WireRemovedImage {
  return 'untagged' in removed ? { Untagged: removed.untagged } : { Deleted: removed.deleted };
}

/** The answer of `POST /images/prune`. */
export interface WirePrunedImages {
  readonly ImagesDeleted: readonly WireRemovedImage[] | null;
  readonly SpaceReclaimed: number;
}

export function toWirePrunedImages({ removed, reclaimedBytes }: PruneReport): WirePrunedImages {
  // A name has its tag or digest behind a name; what begins with a digest is an image or a layer.
  const rows = removed.map((text) => (text.startsWith('sha256:') ? { Deleted: text } : { Untagged: text }));
  return { ImagesDeleted: rows.length === 0 ? null : rows, SpaceReclaimed: reclaimedBytes };
}
