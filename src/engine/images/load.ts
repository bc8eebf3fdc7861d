import type { PullProgress } from '../../model/image.js';
import { addImage } from './add-image.js';
import { readArchiveLayout } from './archive-layout.js';
import type { ImageParts } from './image-parts.js';
import { hostArchitecture } from './platform.js';
import { streamProgress } from './progress-stream.js';
import { stageArchive } from './staged-archive.js';

/**
 * Loads the images of an archive of `docker save` or an OCI layout, plain or compressed. Images before a bad one stay;
 * of the bad one nothing is left.
 */
export function loadImages(
  parts: ImageParts,
  tar: AsyncIterable<Uint8Array>,
  userSignal?: AbortSignal,
): AsyncIterable<PullProgress> {
  return streamProgress(async (report, signal) => {
    const archive = await stageArchive(tar, parts, signal);
    try {
      for (const archived of await readArchiveLayout(archive, hostArchitecture())) {
        const image = await addImage(parts, archived, { action: 'load', signal, onProgress: report });
        report({ phase: 'done', imageId: image.id, references: image.repoTags });
      }
    } finally {
      await archive.discard();
    }
  }, userSignal);
}
