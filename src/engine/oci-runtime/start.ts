import { closeSync, constants, openSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { EngineError } from '../../model/errors.js';
import { errnoOf } from '../../platform/kernel-file.js';
import { signalProcess } from '../../platform/signal-process.js';
import { readStatus, toHookState } from './container-status.js';
import { runLateHooks } from './run-hooks.js';
import type { RuntimeParts } from './runtime-parts.js';
import type { ContainerState } from './state-store.js';

/** Throws not-found; conflict: it is not created; internal: a hook in the container fails, and then it is killed. */
export async function startContainer(parts: RuntimeParts, id: string): Promise<void> {
  const state = parts.states.read(id);
  const status = readStatus(parts, state);
  if (status !== 'created') throw refuseStart(status);
  await runInside(parts, state);
  letGo(parts.states.paths(id).start);
  runLateHooks(state.hooks.poststart, state, 'running', parts.warn);
}

function refuseStart(status: string): EngineError {
  if (status === 'stopped') return new EngineError('conflict', 'cannot start a container that has stopped');
  const what =
    status === 'running'
      ? 'cannot start an already running container'
      : `cannot start a container in the ${status} state`;
  return new EngineError('conflict', what);
}

/** Who takes the fifo away is the one who starts; its process reads from it as long as it lives. */
function letGo(fifo: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    unlinkSync(fifo);
    writeSync(descriptor, '\n');
  } catch (error) {
    if (errnoOf(error) === 'ENXIO') throw refuseStart('stopped');
    throw errnoOf(error) === 'ENOENT' ? refuseStart('running') : error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Hooks in the container are processes of it, as those of `exec` are. */
async function runInside(parts: RuntimeParts, state: ContainerState): Promise<void> {
  const { startContainer: hooks = [] } = state.hooks;
  if (hooks.length === 0 || state.init === undefined) return;
  for (const [index, { path, args = [path], env = [] }] of hooks.entries()) {
    const process = { ...state.process, terminal: false, args: [path, ...args.slice(1)], env };
    const input = toHookState(state, 'created', state.init.pid);
    const code = await parts.runInContainer(state, { process, input });
    if (code === 0) continue;
    signalProcess(state.init.pid, 'SIGKILL');
    rmSync(parts.states.paths(state.id).start, { force: true });
    throw new EngineError('internal', `error running startContainer hook #${index}: exit status ${code}`);
  }
}
