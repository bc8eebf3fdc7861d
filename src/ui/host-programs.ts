import { EngineError } from '../model/errors.js';

/** Programs of the host that the screen starts for its user. */
export interface HostPrograms {
  /** Opens an address in the user's browser; false where there is none. */
  openUrl(url: string): Promise<boolean>;
  /** Runs a line of sh without a terminal; resolves with its exit code. */
  run(line: string, onLine: (line: string) => void): Promise<number>;
  /** Runs a line of sh that has the terminal until it ends; resolves with its exit code. */
  runInTerminal(line: string): Promise<number>;
}

const refuse = () =>
  Promise.reject(new EngineError('not-implemented', 'no programs of the host are started from here'));

export const NO_PROGRAMS: HostPrograms = { openUrl: () => Promise.resolve(false), run: refuse, runInTerminal: refuse };
