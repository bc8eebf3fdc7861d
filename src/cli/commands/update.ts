import type { ContainerUpdate } from '../../engine/engine.js';
import { parseLimitsPatch, parseRestartPolicy } from '../../model/run-limits.js';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { forEachTarget } from '../for-each-target.js';
import { writeOutput } from '../write-output.js';

export const update: RunCommand = async (call) => {
  const { flags, cli } = call;
  if (Object.keys(call.values).length === 0) {
    throw new CliError('you must provide one or more flags when using this command');
  }
  const restart = flags.text('restart');
  const change: ContainerUpdate = {
    limits: parseLimitsPatch(flags),
    ...(restart === undefined ? {} : { restartPolicy: parseRestartPolicy(restart) }),
  };
  const engine = await cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    const { warnings } = await engine.containers.update(name, change);
    for (const warning of warnings) {
      await writeOutput(cli.stderr, `WARNING: ${warning}\n`);
    }
    return name;
  });
};
