import { omitUndefined } from '../../model/omit-undefined.js';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { formatProgress } from '../format/pull-progress.js';
import { writeOutput } from '../write-output.js';

export const bootstrap: RunCommand = async ({ cli, flags, args }) => {
  const [distribution, reference] = args;
  if (distribution !== 'debian') {
    throw new CliError(`no way to bootstrap "${distribution}": use debian`);
  }
  const options = omitUndefined({
    distribution,
    reference,
    suite: flags.text('suite'),
    signal: cli.interrupted,
  } as const);
  const engine = await cli.engine();
  for await (const progress of engine.images.bootstrap(options)) {
    if (progress.phase === 'done') {
      await cli.print(`${progress.imageId}\n`);
    } else {
      await writeOutput(cli.stderr, formatProgress(progress));
    }
  }
  return 0;
};
