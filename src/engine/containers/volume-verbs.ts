import type { VolumeService } from '../engine.js';
import type { VolumeFileParts } from './volume-files.js';

/** The verbs on a volume's files, loaded when one is used. */
export function createVolumeVerbs(
  parts: VolumeFileParts,
): Required<Pick<VolumeService, 'export' | 'import' | 'readSizes' | 'files' | 'readArchive'>> {
  const load = () => import('./volume-archive.js');
  const files = () => import('./volume-files.js');
  return {
    readSizes: async (names) => (await import('./volume-sizes.js')).readVolumeSizes(parts, names),
    export: async (name, options) => (await load()).exportVolume(parts, name, options),
    import: async (name, tar, options = {}) => (await load()).importVolume(parts, name, { tar, options }),
    files: async (name) => (await files()).readVolumeFiles(parts, name),
    readArchive: async (name, path, options) => (await files()).readVolumePath(parts, name, { path, ...options }),
  };
}
