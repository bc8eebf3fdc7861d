import type { HistoryEntry } from '../../model/image.js';
import { readWhole } from '../content/small-content.js';
import { toChainIds } from '../layers/chain-id.js';
import { parseImageConfig } from './image-config.js';
import type { ImageParts } from './image-parts.js';

/** What made the image, newest first. Rejects: not-found. */
export async function readHistory(parts: ImageParts, ref: string): Promise<readonly HistoryEntry[]> {
  const { image } = parts.images.resolve(ref);
  const { history } = parseImageConfig(await readWhole(parts.content.read(image.id)));
  const sizes = toChainIds(image.layers).map((id) => parts.layers.find(id)?.sizeBytes ?? 0);
  const entries =
    history.length > 0
      ? history
      : sizes.map(() => ({ createdAtMs: image.createdAtMs, createdBy: '', emptyLayer: false }));
  let next = 0;
  return entries.map((entry) => ({ ...entry, sizeBytes: entry.emptyLayer ? 0 : (sizes[next++] ?? 0) })).reverse();
}
