import type { ContainerService } from '../engine.js';
import { readContainerArchive, statContainerPath, writeContainerArchive } from './archive.js';
import { listContainerChanges } from './changes.js';
import { type CommitParts, commitContainer } from './commit.js';
import { exportContainer } from './export.js';

/** The verbs on a container's files. */
export type ContainerFileVerbs = Pick<
  ContainerService,
  'changes' | 'statPath' | 'readArchive' | 'writeArchive' | 'export' | 'commit'
>;

export function createContainerFileVerbs(parts: CommitParts): ContainerFileVerbs {
  return {
    changes: (ref) => listContainerChanges(parts, ref),
    statPath: (ref, path) => statContainerPath(parts, ref, path),
    readArchive: (ref, path, options) => readContainerArchive(parts, ref, path, options),
    writeArchive: (ref, path, tar, options = {}) => writeContainerArchive(parts, ref, path, { tar, options }),
    export: (ref) => exportContainer(parts, ref),
    commit: (ref, options) => commitContainer(parts, ref, options),
  };
}
