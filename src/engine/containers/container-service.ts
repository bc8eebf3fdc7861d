import type { ContainerService } from '../engine.js';
import { attachContainer } from './attach.js';
import type { ContainerParts } from './container-parts.js';
import { toContainer } from './container-record.js';
import { createContainer } from './create.js';
import { createExec, inspectExec, startExec } from './exec.js';
import { inspectContainer } from './inspect.js';
import { killContainer } from './kill.js';
import { readContainerLogs } from './logs.js';
import { pauseContainer, unpauseContainer } from './pause.js';
import { pruneContainers } from './prune.js';
import { removeContainer } from './remove.js';
import { renameContainer } from './rename.js';
import { restartContainer } from './restart.js';
import { startContainer } from './start.js';
import { stopContainer } from './stop.js';
import { waitForContainer } from './wait.js';

/** The verbs of a container's life; each is a file. */
export type ContainerLifecycle = Pick<
  ContainerService,
  | 'list'
  | 'inspect'
  | 'create'
  | 'start'
  | 'stop'
  | 'restart'
  | 'kill'
  | 'pause'
  | 'unpause'
  | 'rename'
  | 'wait'
  | 'remove'
  | 'prune'
  | 'attach'
  | 'logs'
  | 'createExec'
  | 'startExec'
  | 'inspectExec'
  | 'resize'
  | 'resizeExec'
>;

export function createContainerLifecycle(parts: ContainerParts): ContainerLifecycle {
  return {
    list: async (filter) => parts.store.list(filter).map((record) => toContainer(record, parts.paths)),
    inspect: async (ref) => inspectContainer(parts, ref),
    create: (config) => createContainer(parts, config),
    start: (ref, options) => startContainer(parts, ref, options),
    stop: (ref, options) => stopContainer(parts, ref, options),
    restart: (ref, options) => restartContainer(parts, ref, options),
    kill: (ref, signal) => killContainer(parts, ref, signal),
    pause: (ref) => pauseContainer(parts, ref),
    unpause: (ref) => unpauseContainer(parts, ref),
    rename: (ref, name) => renameContainer(parts, ref, name),
    wait: (ref, options) => waitForContainer(parts, ref, options),
    remove: (ref, options) => removeContainer(parts, ref, options),
    prune: (filter) => pruneContainers(parts, filter),
    attach: (ref, options) => attachContainer(parts, ref, options),
    logs: (ref, options) => readContainerLogs(parts, ref, options),
    createExec: async (ref, config) => createExec(parts, ref, config),
    startExec: (id, options) => startExec(parts, id, options),
    inspectExec: async (id) => inspectExec(parts, id),
    // Programs ask for it, not people: those that only list containers need not load it.
    resize: async (ref, size) => (await import('./resize.js')).resizeContainer(parts, ref, size),
    resizeExec: async (id, size) => (await import('./resize.js')).resizeExec(parts, id, size),
  };
}
