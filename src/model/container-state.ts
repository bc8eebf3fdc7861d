import type { ContainerState } from './container.js';

type Status = ContainerState['status'];

/**
 * Which state may follow which. A state that follows itself is a change inside it: health, the next attempt of a restart.
 * `created` becomes `exited` when its start failed; `restarting` becomes `exited` when it is stopped or its restart fails. What a
 * monitor tells in several lines is one step for a reader who comes late: from `created` straight to `restarting`.
 */
const FOLLOWERS: Readonly<Record<Status, readonly Status[]>> = {
  created: ['running', 'restarting', 'exited', 'removing'],
  running: ['running', 'paused', 'restarting', 'exited'],
  paused: ['paused', 'running', 'restarting', 'exited'],
  restarting: ['restarting', 'running', 'exited'],
  exited: ['running', 'restarting', 'exited', 'removing'],
  removing: ['removing', 'dead'],
  dead: ['removing'],
};

export function canFollow(next: Status, current: Status): boolean {
  return FOLLOWERS[current].includes(next);
}

/** True while a monitor supervises it; what Docker calls running, the pause of a restart included. */
export function isActive(
  state: ContainerState,
): state is Extract<ContainerState, { status: 'running' | 'paused' | 'restarting' }> {
  return state.status === 'running' || state.status === 'paused' || state.status === 'restarting';
}

/** True while its first process lives. */
export function hasProcess(state: ContainerState): state is Extract<ContainerState, { status: 'running' | 'paused' }> {
  return state.status === 'running' || state.status === 'paused';
}
