import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { StopOptions } from '../engine.js';
import type { ContainerParts } from './container-parts.js';
import { startContainer } from './start.js';
import { stopContainer } from './stop.js';

/** Stops it if it runs, and starts it. `--rm` does not hold for this exit. Throws what start throws. */
export async function restartContainer(parts: ContainerParts, ref: string, options: StopOptions = {}): Promise<void> {
  const { id } = parts.store.resolve(ref);
  parts.journal.catchUp(id);
  const record = parts.store.change(id, (current) => ({ record: { ...current, keptBy: parts.owner } }));
  try {
    if (record !== undefined && isActive(record.state)) await stopIfRunning(parts, id, options);
    await startContainer(parts, id);
  } finally {
    parts.store.change(id, ({ keptBy: _, ...rest }) => ({ record: rest }));
  }
  parts.store.change(id, (current) => ({ record: current, notices: [{ action: 'restart' }] }));
}

/** It may end by itself meanwhile: that is what is wanted. */
async function stopIfRunning(parts: ContainerParts, id: string, options: StopOptions): Promise<void> {
  try {
    await stopContainer(parts, id, options);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'not-modified') throw error;
  }
}
