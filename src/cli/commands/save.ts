import type { RunCommand } from '../command-spec.js';
import { writeArchive } from '../write-archive.js';

export const save: RunCommand = async ({ cli, flags, args }) => {
  const engine = await cli.engine();
  await writeArchive(cli, () => engine.images.save(args, { reuse: true }), flags.text('output'));
  return 0;
};
