import type { Container } from '../../model/container.js';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { runSession } from '../terminal/attach-session.js';
import { proxySignals } from '../terminal/proxy-signals.js';

export const attach: RunCommand = async ({ cli, flags, args }) => {
  const engine = await cli.engine();
  const container = await engine.containers.inspect(args[0] ?? '');
  checkAttachable(container);
  const { id, config } = container;
  const stdin = config.openStdin === true && !flags.isSet('no-stdin');
  const tty = config.tty === true;
  if (tty && stdin && cli.stdin.isTTY !== true) {
    throw new CliError('the input device is not a TTY');
  }
  const exit = engine.containers.wait(id, { condition: 'next-exit' });
  // Leaving by the detach keys leaves nobody to wait for it.
  exit.catch(() => undefined);
  const streams = await engine.containers.attach(id, { stdin, stdout: true, stderr: true });
  const outcome = await runSession(cli, {
    streams,
    stdin,
    tty,
    detachKeys: flags.text('detach-keys'),
    onSignal: flags.isOn('sig-proxy') ? proxySignals(engine, id) : undefined,
  });
  return outcome === 'detached' ? 0 : (await exit).exitCode;
};

function checkAttachable({ state }: Container): void {
  switch (state.status) {
    case 'running':
      return;
    case 'paused':
      throw new CliError('You cannot attach to a paused container, unpause it first');
    case 'restarting':
      throw new CliError('You cannot attach to a restarting container, wait until it is running');
    default:
      throw new CliError('You cannot attach to a stopped container, start it first');
  }
}
