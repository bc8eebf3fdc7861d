import { join } from 'node:path';
import type { Engine } from './engine/engine.js';
import type { EngineLocation } from './model/engine-location.js';
import { openEngine as openAnyEngine } from './open-engine.js';

// What is imported by the name of the package: docs/library.md.
export type * from './engine/engine.js';
export type * from './model/cgroup-stats.js';
export type * from './model/container.js';
export type * from './model/container-config.js';
// biome-ignore lint/performance/noBarrelFile: a package has one file that its users import
export { EngineError, type ErrorKind } from './model/errors.js';
export type * from './model/events.js';
export type * from './model/ids.js';
export type * from './model/image.js';
export type * from './model/layer.js';
export type * from './model/limits.js';
export type * from './model/network.js';
export type * from './model/volume.js';

export interface OpenEngineOptions extends Pick<EngineLocation, 'usernsRemap' | 'storageDriver' | 'firewallBackend'> {
  /** Folder of images, containers, volumes and the state database; `/var/lib/gantry` by default. Several processes may have one open. */
  readonly root?: string;
  /** Folder of what ends with the host; `/run/gantry` by default. Each root has one of its own, not deeper than 45 bytes or so. */
  readonly runRoot?: string;
  /** Another engine in place of that of this process, by Docker's API: `unix://PATH`, `tcp://HOST[:PORT]`, `ssh://[USER@]HOST`. */
  readonly host?: string;
  /** The same by the name of one of Docker's contexts. */
  readonly context?: string;
}

/** The program that a container's monitor starts when the container has ended and no engine is open to take notice. */
const PROGRAM = join(import.meta.dirname, '../bundle/gantry.cjs');

/**
 * Opens the engine of this process, whatever variables and contexts say of others; the caller closes it. Containers run on when it is closed,
 * and when the process ends without that. Rejects with EngineError: permission-denied (not root), unavailable (the host lacks something, or
 * nobody answers at `host`), invalid-argument.
 */
export async function openEngine(options: OpenEngineOptions = {}): Promise<Engine> {
  return await openAnyEngine({ ...options, isOwn: true }, { command: [process.execPath, PROGRAM] });
}
