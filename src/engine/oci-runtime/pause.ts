import { EngineError } from '../../model/errors.js';
import { requireProcess } from './container-status.js';
import { openCgroup } from './open-cgroup.js';
import type { RuntimeParts } from './runtime-parts.js';

/** Throws not-found, conflict. */
export async function pauseContainer(parts: RuntimeParts, id: string): Promise<void> {
  const state = parts.states.read(id);
  const { status } = requireProcess(parts, state, 'container not running or created: stopped');
  if (status !== 'running' && status !== 'created') {
    throw new EngineError('conflict', `container not running or created: ${status}`);
  }
  await openCgroup(parts, state).freeze();
}

/** Throws not-found, conflict. */
export async function resumeContainer(parts: RuntimeParts, id: string): Promise<void> {
  const state = parts.states.read(id);
  const { status } = requireProcess(parts, state, 'container not paused');
  if (status !== 'paused') throw new EngineError('conflict', 'container not paused');
  await openCgroup(parts, state).thaw();
}
