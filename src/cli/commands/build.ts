import type { BuildProgress } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { splitPair } from '../../model/run-environment.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { openTar } from '../copy/tar-source.js';

export const build: RunCommand = async (call) => {
  const { cli, flags, args } = call;
  const path = args[0] ?? '';
  const context = path === '-' ? cli.stdin : openTar({ path, name: '', followLink: true });
  const engine = await cli.engine();
  for await (const step of engine.images.build(context, readOptions(call))) {
    await cli.print(flags.isSet('quiet') && step.kind !== 'done' ? '' : formatStep(step));
  }
  return 0;
};

function readOptions({ cli, flags }: CommandCall) {
  const buildArgs = flags.list('build-arg').map((text) => {
    const [name, value = cli.env[name]] = splitPair(text);
    if (value === undefined) {
      throw new EngineError('invalid-argument', `build argument ${name} has no value`);
    }
    return [name, value] as const;
  });
  return omitUndefined({
    tags: flags.list('tag'),
    dockerfile: flags.text('file'),
    buildArgs: Object.fromEntries(buildArgs),
    noCache: flags.isSet('no-cache'),
    target: flags.text('target'),
    signal: cli.interrupted,
  });
}

function formatStep(step: BuildProgress): string {
  switch (step.kind) {
    case 'step':
      return `Step ${step.index}/${step.count} : ${step.instruction}\n`;
    case 'output':
      return step.text;
    case 'cached':
      return ' ---> Using cache\n';
    case 'done':
      return `${step.image.id}\n`;
  }
}
