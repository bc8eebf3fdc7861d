import { startContainer } from '../../engine/run-container.js';
import { CliError } from '../cli-error.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { forEachTarget, ignoreNotModified } from '../for-each-target.js';
import { runSession, terminalSize } from '../terminal/attach-session.js';
import { proxySignals } from '../terminal/proxy-signals.js';

export const start: RunCommand = async (call) => {
  if (call.flags.isSet('attach') || call.flags.isSet('interactive')) {
    return await startAttached(call);
  }
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    await ignoreNotModified(engine.containers.start(name));
    return name;
  });
};

async function startAttached({ cli, flags, args }: CommandCall): Promise<number> {
  if (args.length > 1) {
    throw new CliError('you cannot start and attach multiple containers at once');
  }
  const engine = await cli.engine();
  const container = await engine.containers.inspect(args[0] ?? '');
  const { id, config } = container;
  const stdin = flags.isSet('interactive') && config.openStdin === true;
  const tty = config.tty === true;
  const size = tty ? terminalSize(cli) : undefined;
  const { streams, exit } = await startContainer(engine, container, {
    attach: { stdin, stdout: true, stderr: true },
    ...(size === undefined ? {} : { terminal: size }),
  });
  if (streams === undefined) {
    return 0;
  }
  const onSignal = proxySignals(engine, id);
  const outcome = await runSession(cli, { streams, stdin, tty, detachKeys: flags.text('detach-keys'), onSignal });
  return outcome === 'detached' ? 0 : (await exit).exitCode;
}
