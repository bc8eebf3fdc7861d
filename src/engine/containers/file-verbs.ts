import { EngineError } from '../../model/errors.js';
import type { ContainerService } from '../engine.js';

/** The verbs on a container's files. */
export type ContainerFileVerbs = Pick<
  ContainerService,
  'changes' | 'statPath' | 'readArchive' | 'writeArchive' | 'export' | 'commit'
>;

/** Refuses them all: what reads and writes below a container's root is not joined to the engine yet. */
export function refuseFileVerbs(): ContainerFileVerbs {
  const refuse = (verb: string) => (): Promise<never> =>
    Promise.reject(new EngineError('not-implemented', `${verb} is not implemented yet`));
  return {
    changes: refuse('diff'),
    statPath: refuse('cp'),
    readArchive: refuse('cp'),
    writeArchive: refuse('cp'),
    export: refuse('export'),
    commit: refuse('commit'),
  };
}
