import { createStore, type StoreApi } from 'zustand/vanilla';

const KEPT_COMMANDS = 200;

/** An action of the screen as the command line that does the same. */
export interface LoggedCommand {
  readonly atMs: number;
  readonly line: string;
  readonly outcome: 'running' | 'ok' | 'failed';
  readonly durationMs?: number;
  readonly message?: string;
}

export interface CommandLogState {
  /** Oldest first. */
  readonly commands: readonly LoggedCommand[];
}

export type CommandLogStore = StoreApi<CommandLogState> & {
  /** Returns the function that says how it ended. */
  begin(line: string): (outcome: 'ok' | 'failed', message?: string) => number;
};

export function createCommandLogStore(now: () => number): CommandLogStore {
  const store = createStore<CommandLogState>(() => ({ commands: [] }));
  return Object.assign(store, {
    begin: (line: string) => {
      const startedAt = performance.now();
      let entry: LoggedCommand = { atMs: now(), line, outcome: 'running' };
      store.setState((state) => ({ commands: [...state.commands, entry].slice(-KEPT_COMMANDS) }));
      return (outcome: 'ok' | 'failed', message?: string) => {
        const durationMs = performance.now() - startedAt;
        const ended = { ...entry, outcome, durationMs, ...(message === undefined ? {} : { message }) };
        store.setState((state) => ({
          commands: state.commands.map((command) => (command === entry ? ended : command)),
        }));
        entry = ended;
        return durationMs;
      };
    },
  });
}

/** Arguments as one line that a POSIX shell reads back as the same arguments. */
export function formatCommandLine(args: readonly string[]): string {
  return args.map((arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)).join(' ');
}
