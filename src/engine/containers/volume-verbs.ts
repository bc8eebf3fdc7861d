import type { VolumeService } from '../engine.js';
import type { VolumeArchiveParts } from './volume-archive.js';

/** The verbs on a volume's files, loaded when one is used. */
export function createVolumeVerbs(
  parts: VolumeArchiveParts,
): Required<Pick<VolumeService, 'export' | 'import' | 'readSizes'>> {
  const load = () => import('./volume-archive.js');
  return {
    readSizes: async (names) => (await import('./volume-sizes.js')).readVolumeSizes(parts, names),
    export: async (name, options) => (await load()).exportVolume(parts, name, options),
    import: async (name, tar, options = {}) => (await load()).importVolume(parts, name, { tar, options }),
  };
}
