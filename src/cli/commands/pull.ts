import type { Engine, RegistryOptions } from '../../engine/engine.js';
import { formatFamiliarName, formatImageReference, parseImageReference } from '../../model/image-reference.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parsePlatform } from '../../model/platform.js';
import { CliError } from '../cli-error.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { createTransferDisplay } from '../terminal/transfer-display.js';

export const pull: RunCommand = async (call) => {
  const { cli } = call;
  const options = readOptions(call);
  const engine = await cli.engine();
  for (const name of await listNames(call, (ref) => engine.registries.tags(ref, options))) {
    const display = createTransferDisplay(cli.stdout, () => cli.nowMs());
    await forward(call, engine.images.pull(name, options), display.showPull);
    if (!call.flags.isSet('all-tags')) await cli.print(`${formatImageReference(parseImageReference(name))}\n`);
  }
  return 0;
};

export const push: RunCommand = async (call) => {
  const options = readOptions(call);
  const engine = await call.cli.engine();
  for (const name of await listNames(call, (ref) => listOwnTags(engine, ref))) {
    const display = createTransferDisplay(call.cli.stdout, () => call.cli.nowMs());
    await forward(call, engine.images.push(name, options), display.showPush);
    if (call.flags.isSet('quiet')) {
      await call.cli.print(`${formatImageReference(parseImageReference(name))}\n`);
    }
  }
  return 0;
};

/** The reference that was given, or each tag of the repository with `--all-tags`. */
async function listNames(
  { cli, args, flags }: CommandCall,
  listTags: (ref: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const name = args[0] ?? '';
  parseImageReference(name);
  const isBare = !/@|:[^/]*$/.test(name);
  if (flags.isSet('all-tags')) {
    if (!isBare) throw new CliError("tag can't be used with --all-tags/-a");
    return (await listTags(name)).map((tag) => `${name}:${tag}`);
  }
  if (isBare && !flags.isSet('quiet')) await cli.print('Using default tag: latest\n');
  return [name];
}

async function listOwnTags(engine: Engine, ref: string): Promise<readonly string[]> {
  const name = formatFamiliarName(parseImageReference(ref));
  const tags = (await engine.images.list())
    .flatMap(({ repoTags }) => repoTags.map(parseImageReference))
    .filter((tag) => formatFamiliarName(tag) === name)
    .map(({ tag }) => tag ?? '');
  if (tags.length === 0) throw new CliError(`An image does not exist locally with the tag: ${name}`);
  return tags.sort();
}

function readOptions({ cli, flags }: CommandCall): RegistryOptions {
  return omitUndefined({ platform: flags.read('platform', parsePlatform), signal: cli.interrupted });
}

async function forward<T>(
  { flags }: CommandCall,
  steps: AsyncIterable<T>,
  show: (step: T) => Promise<void>,
): Promise<void> {
  for await (const step of steps) {
    if (!flags.isSet('quiet')) await show(step);
  }
}
