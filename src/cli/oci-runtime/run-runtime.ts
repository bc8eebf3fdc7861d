import { messageOf } from '../../model/errors.js';
import { Flags as FlagReader, type Flags } from '../../model/flags.js';
import { DEFAULT_RUNTIME_ROOT, OCI_VERSION } from '../../model/oci-runtime.js';
import { GANTRY_VERSION } from '../../model/version.js';
import { CliError } from '../cli-error.js';
import type { Cli, CommandCall, RunCommand } from '../command-spec.js';
import { formatCommandHelp } from '../help.js';
import { parseArguments } from '../parse-arguments.js';
import { writeOutput } from '../write-output.js';
import type { RuntimeCommand } from './runtime-command-spec.js';
import { RUNTIME_COMMANDS } from './runtime-commands.js';
import { appendToLog } from './runtime-log.js';

/**
 * `gantry runtime [OPTIONS] COMMAND …`. Its callers are programs: an error is one line on stderr, and one in the file of `--log`,
 * where podman and containerd look for the last one.
 */
export const runRuntime: RunCommand = async (call) => {
  const { cli, flags, args } = call;
  if (flags.isSet('version')) {
    await cli.print(`gantry-runtime version ${GANTRY_VERSION}\nspec: ${OCI_VERSION}\n`);
    return 0;
  }
  const log = (level: 'error' | 'warning', message: string) =>
    appendToLog(flags, { level, message, nowMs: cli.nowMs() });
  const command = RUNTIME_COMMANDS.find(({ name }) => name === args[0]);
  try {
    return command === undefined
      ? await helpOrRefuse(call)
      : await runCommand(call, command, (text) => log('warning', text));
  } catch (error) {
    const message = messageOf(error);
    log('error', message);
    const stack = flags.isSet('debug') && error instanceof Error ? `${error.stack}\n` : '';
    // Where this cannot be written, there is nobody to tell.
    await writeOutput(cli.stderr, `${message}\n${stack}`).catch(() => undefined);
    return command?.errorCode ?? 1;
  }
};

async function helpOrRefuse({ cli, args }: CommandCall): Promise<number> {
  const [name] = args;
  if (name !== undefined && name !== 'help') throw new CliError(`No help topic for '${name}'`);
  const lines = RUNTIME_COMMANDS.map((command) => `  ${command.name.padEnd(10)}${command.summary}\n`);
  await cli.print(`Usage:  gantry runtime [OPTIONS] COMMAND\n\nCommands:\n${lines.join('')}`);
  return 0;
}

async function runCommand(
  call: CommandCall,
  command: RuntimeCommand,
  warn: (message: string) => void,
): Promise<number> {
  const { cli, flags: globals } = call;
  const words = call.args.slice(1);
  const { args, values, help } = parseArguments(
    { flags: command.flags, interspersed: command.interspersed ?? true },
    words,
  );
  if (help) {
    const name = `runtime ${command.name}`;
    await cli.print(formatCommandHelp({ ...command, names: [name] }, name));
    return 0;
  }
  checkOperands(command, args.length);
  return await command.run({
    ...{ cli, args, flags: new FlagReader(command.flags, values) },
    runtime: await openRuntime(cli, globals, warn),
  });
}

function openRuntime(cli: Cli, globals: Flags, warn: (message: string) => void) {
  return cli.ociRuntime({ root: globals.text('root') || DEFAULT_RUNTIME_ROOT, warn });
}

function checkOperands({ name, operands: [least, most] }: RuntimeCommand, count: number): void {
  if (count >= least && count <= most) return;
  const what = least === most ? `exactly ${least}` : count < least ? `a minimum of ${least}` : `a maximum of ${most}`;
  throw new CliError(`"gantry runtime ${name}" requires ${what} argument(s)`);
}
