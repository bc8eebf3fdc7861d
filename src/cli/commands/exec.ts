import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.js';
import type { ExecConfig } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import type { ExecId } from '../../model/ids.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parseEnvironment } from '../../model/run-environment.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { checkTerminal, readNamedFiles } from '../read-run-options.js';
import { runSession, terminalSize } from '../terminal/attach-session.js';

export const exec: RunCommand = async (call) => {
  const { cli, flags, args, values } = call;
  checkTerminal(cli, values);
  const config = await readConfig(call);
  const engine = await cli.engine();
  const id = await engine.containers.createExec(args[0] ?? '', config);
  if (flags.isSet('detach')) {
    const streams = await engine.containers.startExec(id);
    await streams.detach();
    return 0;
  }
  const stdin = flags.isSet('interactive');
  const streams = await engine.containers.startExec(id, { stdin, stdout: true, stderr: true });
  const outcome = await runSession(cli, { streams, stdin, tty: config.tty === true, detachKeys: config.detachKeys });
  return outcome === 'detached' ? 0 : await readExitCode(engine, id);
};

async function readConfig({ cli, flags, args }: CommandCall): Promise<ExecConfig> {
  const files = await readNamedFiles(flags.list('env-file'));
  const environment = parseEnvironment(flags, { env: cli.env, workingDir: cli.workingDir, files });
  const tty = flags.isSet('tty');
  return omitUndefined({
    command: args.slice(1),
    ...environment,
    workingDir: flags.text('workdir'),
    user: flags.text('user'),
    tty: tty ? true : undefined,
    stdin: flags.isSet('interactive') ? true : undefined,
    privileged: flags.isSet('privileged') ? true : undefined,
    detachKeys: flags.text('detach-keys'),
    terminal: tty ? terminalSize(cli) : undefined,
  });
}

const ATTEMPTS = 500;

/** The output may end a moment before the exit is known. */
async function readExitCode(engine: Engine, id: ExecId): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { state } = await engine.containers.inspectExec(id);
    if (state.status === 'exited') {
      return state.exitCode;
    }
    await delay(Math.min(attempt, 20));
  }
  throw new EngineError('internal', `exec ${id.slice(0, 12)} has ended its output, but not itself`);
}
