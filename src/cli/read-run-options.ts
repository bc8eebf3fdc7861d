import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { CreateContainerOptions } from '../engine/run-container.js';
import { EngineError, EngineRefusal } from '../model/errors.js';
import { FlagError, type FlagValues } from '../model/flags.js';
import type { RunOptions } from '../model/run-options.js';
import { CliError, ClientRefusal } from './cli-error.js';
import type { Cli, CommandCall } from './command-spec.js';
import { createTransferDisplay } from './terminal/transfer-display.js';
import { writeOutput } from './write-output.js';

/** Reads the files that the flags name, then the flags of `run` and `create`. */
export async function readRunOptions({ cli, args, values }: CommandCall): Promise<RunOptions> {
  // What only these two commands read, the others need not load.
  const { listNamedFiles, parseRunOptions } = await import('../model/run-options.js');
  const [image = '', ...command] = args;
  const files = await readNamedFiles(listNamedFiles(values));
  const caller = { env: cli.env, workingDir: cli.workingDir, files };
  const options = refuseAsClient(() => parseRunOptions({ flags: values, image, command, caller }));
  if (options.cidfile !== undefined && existsSync(options.cidfile)) {
    throw new EngineError(
      'conflict',
      `container ID file found, make sure the other container isn't running or delete ${options.cidfile}`,
    );
  }
  return options;
}

/** What Docker's client refuses of a container ends `create` as it ends `run`; what it leaves to its engine does not. */
function refuseAsClient<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof EngineError) || error instanceof FlagError || error instanceof EngineRefusal) throw error;
    throw new ClientRefusal(error.kind, error.message, { cause: error });
  }
}

/** The texts of files, by path. One that cannot be read is left out: the flag's own message says so. */
export async function readNamedFiles(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const path of paths) {
    try {
      files.set(path, await readFile(path, 'utf8'));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        throw error;
      }
    }
  }
  return files;
}

/** Says that an image is not here and how it comes in, unless `--quiet`. */
export function makePullPrinter(
  cli: Cli,
  image: string,
  { quiet }: Pick<RunOptions, 'quiet'>,
): Required<Pick<CreateContainerOptions, 'onMissing' | 'onPull'>> {
  const display = createTransferDisplay(cli.stderr, () => cli.nowMs());
  return {
    onMissing: () => void writeOutput(cli.stderr, quiet ? '' : `Unable to find image '${withTag(image)}' locally\n`),
    onPull: (progress) => void (quiet || display.showPull(progress)),
  };
}

/** A terminal can be given to a container only where there is one to pass on. */
export function checkTerminal(cli: Cli, values: FlagValues): void {
  if (
    values['tty'] === true &&
    values['interactive'] === true &&
    values['detach'] !== true &&
    cli.stdin.isTTY !== true
  ) {
    throw new CliError('the input device is not a TTY', 1);
  }
}

function withTag(image: string): string {
  return /(:[^/]*|@.*)$/.test(image) ? image : `${image}:latest`;
}
