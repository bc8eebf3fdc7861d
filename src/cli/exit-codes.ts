import { EngineError } from '../model/errors.js';
import { FlagError } from '../model/flags.js';
import { CliError, ClientRefusal } from './cli-error.js';

/** A flag that cannot be read, of any command; and any failure before a container of `run` or `exec` runs. */
export const EXIT_NOT_RUN = 125;
const EXIT_NOT_EXECUTABLE = 126;
const EXIT_NOT_FOUND = 127;

/** Commands whose own failures must not look like those of the program they run. */
const RUNNERS: readonly string[] = ['run', 'container run'];

/** The exit code of a command that failed: the one place where kinds of errors become codes. */
export function exitCodeOf(error: unknown, command: string): number {
  if (error instanceof CliError) {
    return error.exitCode;
  }
  if (error instanceof FlagError || error instanceof ClientRefusal) {
    return EXIT_NOT_RUN;
  }
  if (error instanceof EngineError && error.kind === 'command-not-found') {
    return EXIT_NOT_FOUND;
  }
  if (error instanceof EngineError && error.kind === 'command-not-executable') {
    return EXIT_NOT_EXECUTABLE;
  }
  return RUNNERS.includes(command) ? EXIT_NOT_RUN : 1;
}
