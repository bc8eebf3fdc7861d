import { EngineError, messageOf } from '../model/errors.js';
import { type CommandLogStore, formatCommandLine } from './command-log-store.js';
import type { ViewStore } from './view-store.js';

export interface Tellers {
  readonly view: ViewStore;
  readonly commands: CommandLogStore;
}

/** Does a piece of work that is told in status line and command log; true when it is done. */
export function createPerformer(needs: Tellers) {
  const attempt = createAttempt(needs);
  return async (...args: Parameters<typeof attempt>): Promise<boolean> => (await attempt(...args)) === undefined;
}

/** The same; gives what it failed with. Without `did` the command line is told. */
export function createAttempt({ view, commands }: Tellers) {
  return async (
    command: readonly string[] | string,
    did: string,
    work: () => Promise<unknown>,
  ): Promise<string | undefined> => {
    const line = typeof command === 'string' ? command : formatCommandLine(command);
    const done = commands.begin(line);
    view.say('busy', line);
    try {
      await work();
      const durationMs = done('ok');
      view.say('ok', did === '' ? line : `${did} (${formatDuration(durationMs)})`);
      return undefined;
    } catch (error) {
      const message = messageOf(error);
      done('failed', message);
      view.say(error instanceof EngineError && error.kind === 'not-modified' ? 'info' : 'error', message);
      return message;
    }
  };
}

function formatDuration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
