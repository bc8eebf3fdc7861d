import { createHash } from 'node:crypto';
import type { ChainId, DiffId } from '../../model/ids.js';

/** OCI image-spec, config.md, "Layer ChainID". */
export function toChainId(parent: ChainId | undefined, diffId: DiffId): ChainId {
  if (parent === undefined) return diffId as string as ChainId;
  return `sha256:${createHash('sha256').update(`${parent} ${diffId}`).digest('hex')}` as ChainId;
}

/** Of each layer, lowest first. */
export function toChainIds(diffIds: readonly DiffId[]): readonly ChainId[] {
  const chainIds: ChainId[] = [];
  for (const diffId of diffIds) chainIds.push(toChainId(chainIds.at(-1), diffId));
  return chainIds;
}
