import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { COMPLETION_SCRIPTS } from '../completion/scripts.js';

export const completion: RunCommand = async ({ cli, args }) => {
  const script = COMPLETION_SCRIPTS[args[0] ?? ''];
  if (script === undefined) {
    throw new CliError(`no completion for "${args[0]}": use ${Object.keys(COMPLETION_SCRIPTS).join(', ')}`);
  }
  await cli.print(script);
  return 0;
};
