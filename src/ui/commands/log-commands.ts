import { createRowFilter } from '../../store/row-filter.js';
import type { Workspace } from '../../store/workspace.js';
import { stripStyles } from '../terminal/ansi-text.js';

export function toggleFollow(workspace: Workspace): void {
  const { ring } = workspace.logs.getState();
  const { logs } = workspace.view.getState();
  workspace.view.setLogs({ isFollowing: !logs.isFollowing, bottom: ring.end - 1, match: undefined });
}

/** Goes to the next match; the first search goes up from the end. */
export function findMatch(workspace: Workspace, direction: 1 | -1): void {
  const { ring } = workspace.logs.getState();
  const { logs } = workspace.view.getState();
  if (logs.search === '') {
    workspace.view.say('info', 'nothing is searched for: / searches');
    return;
  }
  const matches = createRowFilter(logs.search);
  const from = logs.match ?? (direction === 1 ? ring.first - 1 : ring.end);
  const found = ring.find((text) => matches(stripStyles(text)), from, direction);
  if (found === undefined) {
    workspace.view.say('info', `no ${direction === 1 ? 'later' : 'earlier'} match for ${logs.search}`);
    return;
  }
  // Some lines below the match stay in sight.
  workspace.view.setLogs({ match: found, isFollowing: false, bottom: Math.min(ring.end - 1, found + 5) });
}

export function scrollSideways(workspace: Workspace, step: number): void {
  const { column } = workspace.view.getState().logs;
  workspace.view.setLogs({ column: Math.max(0, column + step) });
}
