import type { ContainerService } from '../engine.js';
import type { CommitParts } from './commit.js';

/** The verbs on a container's files. */
export type ContainerFileVerbs = Pick<
  ContainerService,
  'changes' | 'statPath' | 'readArchive' | 'writeArchive' | 'export' | 'commit'
>;

/** Each is loaded when it is asked for: a list of containers needs none. */
export function createContainerFileVerbs(parts: CommitParts): ContainerFileVerbs {
  const archive = () => import('./archive.js');
  return {
    changes: async (ref) => (await import('./changes.js')).listContainerChanges(parts, ref),
    statPath: async (ref, path) => (await archive()).statContainerPath(parts, ref, path),
    readArchive: async (ref, path, options) => (await archive()).readContainerArchive(parts, ref, path, options),
    writeArchive: async (ref, path, tar, options = {}) =>
      (await archive()).writeContainerArchive(parts, ref, path, { tar, options }),
    export: async (ref) => (await import('./export.js')).exportContainer(parts, ref),
    commit: async (ref, options) => (await import('./commit.js')).commitContainer(parts, ref, options),
  };
}
