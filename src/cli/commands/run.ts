import { writeFile } from 'node:fs/promises';
import type { CreatedContainer, Engine } from '../../engine/engine.js';
import { runContainer, type StartedContainer } from '../../engine/run-container.js';
import type { RunOptions } from '../../model/run-options.js';
import type { Cli, CommandCall, RunCommand } from '../command-spec.js';
import { checkTerminal, makePullPrinter, readRunOptions } from '../read-run-options.js';
import { runSession, terminalSize } from '../terminal/attach-session.js';
import { proxySignals } from '../terminal/proxy-signals.js';
import { writeOutput } from '../write-output.js';

export const run: RunCommand = async (call) => {
  const { cli } = call;
  const options = await readRunOptions(call);
  checkTerminal(cli, call.values);
  const engine = await cli.engine();
  const size = options.config.tty === true ? terminalSize(cli) : undefined;
  let created: CreatedContainer | undefined;
  const started = await runContainer(engine, {
    config: options.config,
    pull: options.pull,
    ...(options.platform === undefined ? {} : { platform: options.platform }),
    ...makePullPrinter(cli, options.config.image, options),
    onCreated: async (container) => {
      created = container;
      await noteCreated(cli, container, options.cidfile);
    },
    ...(options.detach ? {} : { attach: Object.fromEntries(options.attach.map((stream) => [stream, true])) }),
    ...(size === undefined ? {} : { terminal: size }),
  }).catch(async (error: unknown) => {
    // As docker does: what could not be started is there all the same.
    if (options.detach && created !== undefined) await cli.print(`${created.id}\n`);
    throw error;
  });
  return await follow({ call, engine, started }, options);
};

interface Running {
  readonly call: CommandCall;
  readonly engine: Engine;
  readonly started: StartedContainer;
}

/** Detached: prints the id. Else stays until the container ends or the user leaves it. */
async function follow({ call: { cli }, engine, started }: Running, options: RunOptions): Promise<number> {
  const { id, streams, exit } = started;
  if (streams === undefined) {
    await cli.print(`${id}\n`);
    return 0;
  }
  const outcome = await runSession(cli, {
    streams,
    stdin: options.attach.includes('stdin'),
    tty: options.config.tty === true,
    detachKeys: options.detachKeys,
    onSignal: options.sigProxy ? proxySignals(engine, id) : undefined,
  });
  return outcome === 'detached' ? 0 : (await exit).exitCode;
}

/** Prints the warnings and writes the id's file, once there is an id. */
export async function noteCreated(cli: Cli, created: CreatedContainer, cidfile: string | undefined): Promise<void> {
  for (const warning of created.warnings) {
    await writeOutput(cli.stderr, `WARNING: ${warning}\n`);
  }
  if (cidfile !== undefined) {
    await writeFile(cidfile, created.id, { flag: 'wx' });
  }
}
