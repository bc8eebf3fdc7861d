import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../model/errors.js';
import type { Cli, RunCommand } from '../command-spec.js';
import { socketOf } from '../daemon/daemon-socket.js';

/**
 * Standard input and output are a connection to Docker's API: what ssh leads to. It is the daemon's where one is there; a client that has
 * several connections has its containers' first output only then. Else this process serves it.
 */
export const dialStdio: RunCommand = async ({ cli }) => {
  const engine = await cli.ownEngine();
  const { runRootDir = '' } = await engine.system.info();
  const daemon = await reach(socketOf(runRootDir));
  if (daemon !== undefined) {
    await joinBoth(cli, daemon);
    return 0;
  }
  const connection = Duplex.from({ readable: cli.stdin, writable: cli.stdout });
  cli.interrupted.addEventListener('abort', () => connection.destroy(), { once: true });
  await cli.serveConnection(engine, connection, {
    warn: (message, error) =>
      void cli.stderr.write(`gantry: ${message}${error === undefined ? '' : `: ${messageOf(error)}`}\n`),
  });
  return 0;
};

/** Undefined where nobody listens. */
async function reach(path: string): Promise<Duplex | undefined> {
  const { promise, resolve } = Promise.withResolvers<Duplex | undefined>();
  const socket = connect({ path, allowHalfOpen: true }, () => resolve(socket));
  socket.on('error', () => resolve(undefined));
  return await promise;
}

/** Either side's end is the other's; it is over when the daemon has closed. */
async function joinBoth(cli: Cli, daemon: Duplex): Promise<void> {
  const signal = cli.interrupted;
  // The client may go first: then what it would have sent is nobody's.
  pipeline(cli.stdin, daemon, { signal }).catch(() => undefined);
  await pipeline(daemon, cli.stdout, { signal, end: false }).catch(() => undefined);
}
