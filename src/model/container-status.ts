import type { ContainerState, Health } from './container.js';
import { formatRoughDuration } from './durations.js';

/** The STATUS column of `docker ps`: `Up 3 minutes (healthy)`, `Exited (0) 2 hours ago`. */
export function formatContainerStatus(state: ContainerState, nowMs: number): string {
  const since = (ms: number) => formatRoughDuration(Math.max(0, nowMs - ms));
  switch (state.status) {
    case 'created':
      return 'Created';
    case 'running':
      return `Up ${since(state.startedAtMs)}${formatHealth(state.health)}`;
    case 'paused':
      return `Up ${since(state.startedAtMs)} (Paused)`;
    case 'restarting':
      return `Restarting (${state.lastExitCode}) ${since(state.finishedAtMs)} ago`;
    case 'exited':
      return state.startedAtMs === 0 ? 'Created' : `Exited (${state.exitCode}) ${since(state.finishedAtMs)} ago`;
    case 'removing':
      return 'Removal In Progress';
    case 'dead':
      return 'Dead';
  }
}

function formatHealth(health: Health | undefined): string {
  if (health === undefined) {
    return '';
  }
  return health.status === 'starting' ? ' (health: starting)' : ` (${health.status})`;
}
