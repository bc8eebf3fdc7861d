import type { ProcessIdentity } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import { kernelFiles } from '../../platform/kernel-file.js';
import { isProcessAlive } from '../../platform/proc.js';
import { signalProcess } from '../../platform/signal-process.js';
import { waitUntil } from '../isolation/cgroup/wait-until.js';
import { readStatus, requireProcess } from './container-status.js';
import { openCgroup } from './open-cgroup.js';
import { runLateHooks } from './run-hooks.js';
import type { RuntimeParts } from './runtime-parts.js';

const SIGKILL = 9;
const DEATH_LIMIT_MS = 10_000;

/** Throws not-found; conflict: it does not run. `all`: also those that are left of a container that does not. */
export async function killContainer(parts: RuntimeParts, id: string, signal: number, all: boolean): Promise<void> {
  const state = parts.states.read(id);
  const cgroup = openCgroup(parts, state);
  if (all) {
    for (const pid of cgroup.processes()) signalProcess(pid, signal);
  } else {
    const { init } = requireProcess(parts, state, 'container not running');
    signalProcess(init.pid, signal);
  }
  // Who stands still does not die of it.
  if (signal === SIGKILL && cgroup.isFrozen()) await cgroup.thaw();
}

/** Throws not-found, and conflict where it runs, unless by force: then what is not there is fine. */
export async function deleteContainer(parts: RuntimeParts, id: string, force: boolean): Promise<void> {
  const { states, warn } = parts;
  const state = force ? states.find(id) : states.read(id);
  if (state === undefined) {
    states.remove(id);
    return;
  }
  const status = readStatus(parts, state);
  if (status !== 'stopped' && status !== 'created' && !force) {
    throw new EngineError('conflict', `cannot delete container ${id} that is not stopped: ${status}`);
  }
  const cgroup = openCgroup(parts, state);
  if (state.init !== undefined && isProcessAlive(state.init)) await killProcess(state.init, () => cgroup.thaw());
  await cgroup.remove();
  states.remove(id);
  runLateHooks(state.hooks.poststop, state, 'stopped', warn);
}

async function killProcess(process: ProcessIdentity, thaw: () => Promise<void>): Promise<void> {
  signalProcess(process.pid, SIGKILL);
  await thaw();
  const check = () => !isProcessAlive(process);
  const isGone = await waitUntil({ files: kernelFiles, check, timeoutMs: DEATH_LIMIT_MS });
  if (!isGone) throw new EngineError('conflict', 'container init still running');
}
