import type { RunCommand } from '../command-spec.js';
import { writeArchive } from '../write-archive.js';

export const exportContainer: RunCommand = async ({ cli, flags, args }) => {
  const engine = await cli.engine();
  await writeArchive(cli, () => engine.containers.export(args[0] ?? ''), flags.text('output'));
  return 0;
};
