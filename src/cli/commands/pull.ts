import type { RegistryOptions } from '../../engine/engine.js';
import { formatImageReference, parseImageReference } from '../../model/image-reference.js';
import { omitUndefined } from '../../model/run-limits.js';
import { parsePlatform } from '../../model/run-options.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { formatProgress, formatPushProgress } from '../format/pull-progress.js';
import { writeOutput } from '../write-output.js';

export const pull: RunCommand = async (call) => {
  const { cli, flags } = call;
  const name = call.args[0] ?? '';
  const reference = parseImageReference(name);
  const options = readOptions(call);
  const engine = await cli.engine();
  if (!flags.isSet('quiet') && !hasTagOrDigest(name)) await writeOutput(cli.stdout, 'Using default tag: latest\n');
  for await (const step of engine.images.pull(name, options)) {
    if (!flags.isSet('quiet')) await writeOutput(cli.stdout, formatProgress(step));
  }
  await writeOutput(cli.stdout, `${formatImageReference(reference)}\n`);
  return 0;
};

export const push: RunCommand = async (call) => {
  const { cli, flags } = call;
  const name = call.args[0] ?? '';
  const reference = parseImageReference(name);
  const options = readOptions(call);
  const engine = await cli.engine();
  if (!flags.isSet('quiet') && !hasTagOrDigest(name)) await writeOutput(cli.stdout, 'Using default tag: latest\n');
  for await (const step of engine.images.push(name, options)) {
    if (!flags.isSet('quiet')) await writeOutput(cli.stdout, formatPushProgress(step));
  }
  if (flags.isSet('quiet')) await writeOutput(cli.stdout, `${formatImageReference(reference)}\n`);
  return 0;
};

function hasTagOrDigest(name: string): boolean {
  return /@|:[^/]*$/.test(name);
}

function readOptions({ cli, flags }: CommandCall): RegistryOptions {
  return omitUndefined({ platform: flags.read('platform', parsePlatform), signal: cli.interrupted });
}
