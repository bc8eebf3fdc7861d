import { rename, rm } from 'node:fs/promises';
import type { ByteStream } from '../engine/engine.js';
import { writeParts } from '../platform/file-parts/write-parts.js';
import { CliError } from './cli-error.js';
import type { Cli } from './command-spec.js';

/** Writes a tar to a file, which appears when it is whole, or to standard output, if that is no terminal; one part after the other. */
export async function writeArchive(
  cli: Cli,
  archive: () => Promise<ByteStream>,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) {
    refuseTerminal(cli);
    for await (const bytes of await archive()) {
      await cli.print(bytes);
    }
    return;
  }
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeParts(partial, await archive());
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

function refuseTerminal(cli: Cli): void {
  if (cli.stdout.isTTY === true) {
    throw new CliError('cowardly refusing to save to a terminal. Use the -o flag or redirect');
  }
}
