import type { RegistryOptions } from '../../engine/engine.js';
import type { PullProgress } from '../../model/image.js';
import { formatImageReference, parseImageReference } from '../../model/image-reference.js';
import { omitUndefined } from '../../model/run-limits.js';
import { parsePlatform } from '../../model/run-options.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { formatProgress } from '../format/pull-progress.js';
import { writeOutput } from '../write-output.js';

export const pull: RunCommand = async (call) => {
  const { cli, flags } = call;
  const name = call.args[0] ?? '';
  const reference = parseImageReference(name);
  const options = readOptions(call);
  const engine = await cli.engine();
  if (!flags.isSet('quiet') && !hasTagOrDigest(name)) await writeOutput(cli.stdout, 'Using default tag: latest\n');
  await print(call, engine.images.pull(name, options));
  await writeOutput(cli.stdout, `${formatImageReference(reference)}\n`);
  return 0;
};

export const push: RunCommand = async (call) => {
  const engine = await call.cli.engine();
  await print(call, engine.images.push(call.args[0] ?? '', readOptions(call)));
  return 0;
};

function hasTagOrDigest(name: string): boolean {
  return /@|:[^/]*$/.test(name);
}

function readOptions({ cli, flags }: CommandCall): RegistryOptions {
  return omitUndefined({ platform: flags.read('platform', parsePlatform), signal: cli.interrupted });
}

async function print({ cli, flags }: CommandCall, steps: AsyncIterable<PullProgress>): Promise<void> {
  for await (const step of steps) {
    await writeOutput(cli.stdout, flags.isSet('quiet') ? '' : formatProgress(step));
  }
}
