import { messageOf } from '../model/errors.js';
import { parseTime } from '../model/parse-time.js';
import { CliError } from './cli-error.js';

/** The time of a flag, ms since 1970. Throws CliError: it is the command line that does not understand it. */
export function parseMoment(text: string, nowMs: number): number {
  try {
    return parseTime(text, nowMs);
  } catch (error) {
    throw new CliError(messageOf(error));
  }
}
