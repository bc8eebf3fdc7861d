import type { RunCommand } from '../command-spec.js';

export const tag: RunCommand = async ({ cli, args }) => {
  const [source = '', target = ''] = args;
  const engine = await cli.engine();
  await engine.images.tag(source, target);
  return 0;
};
