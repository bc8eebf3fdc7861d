import { access } from 'node:fs/promises';
import { readFileParts } from '../../platform/file-parts/read-parts.js';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { formatProgress } from '../format/pull-progress.js';
import { writeOutput } from '../write-output.js';

export const load: RunCommand = async ({ cli, flags }) => {
  const input = flags.text('input');
  if (input === undefined && cli.stdin.isTTY === true) {
    throw new CliError('requested load from stdin, but stdin is empty');
  }
  if (input !== undefined) {
    await access(input);
  }
  const source = input === undefined ? cli.stdin : readFileParts(input, { reuse: true });
  const engine = await cli.engine();
  for await (const progress of engine.images.load(source, { signal: cli.interrupted })) {
    if (progress.phase === 'done') {
      const names = progress.references.map((name) => `Loaded image: ${name}\n`);
      await cli.print(names.length === 0 ? `Loaded image ID: ${progress.imageId}\n` : names.join(''));
    } else if (!flags.isSet('quiet')) {
      await writeOutput(cli.stderr, formatProgress(progress));
    }
  }
  return 0;
};
