import { EngineError } from '../../model/errors.js';
import type { VolumeName } from '../../model/ids.js';
import { isOwnFolder } from '../../model/volume.js';
import type { FileEntry } from '../../platform/tar/file-entry.js';
import { walk } from '../layers/walk-role.js';
import type { VolumeArchiveParts } from './volume-archive.js';

/** Sums of the sizes of files, each counted once, by processes of their own: whoever asks is not held up. */
export async function readVolumeSizes(
  { volumes, program }: VolumeArchiveParts,
  names: readonly VolumeName[],
): Promise<ReadonlyMap<VolumeName, number>> {
  const sizes = new Map<VolumeName, number>();
  for (const name of names) {
    const volume = volumes.find(name);
    if (volume === undefined || !isOwnFolder(volume)) continue;
    let bytes = 0;
    const add = ({ sizeBytes }: FileEntry) => {
      bytes += sizeBytes;
    };
    const sink = { entry: add, content: () => undefined };
    const root = { kind: 'directory', path: volume.mountpoint } as const;
    await walk({ program, root }, sink, () => undefined).then(
      () => sizes.set(name, bytes),
      // It was removed meanwhile.
      (error: unknown) => {
        if (!(error instanceof EngineError)) throw error;
      },
    );
  }
  return sizes;
}
