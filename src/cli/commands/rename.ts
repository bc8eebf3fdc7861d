import type { RunCommand } from '../command-spec.js';

export const rename: RunCommand = async ({ cli, args }) => {
  const [ref = '', name = ''] = args;
  const engine = await cli.engine();
  await engine.containers.rename(ref, name);
  return 0;
};
