import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiEndpoint } from '../../model/api-options.js';
import { EngineError, messageOf } from '../../model/errors.js';
import type { Flags } from '../../model/flags.js';
import type { TlsFiles } from '../../model/registry-options.js';
import type { Cli, RunCommand } from '../command-spec.js';
import { parseEndpoint } from '../parse-endpoint.js';
import { writeOutput } from '../write-output.js';

/** In the run root. */
export const SOCKET_NAME = 'gantry.sock';

/** Serves until it is ended by a signal. Containers do not notice. */
export const daemon: RunCommand = async ({ cli, flags }) => {
  const log = createLog(cli, flags);
  const tls = readTls(flags);
  const engine = await cli.ownEngine();
  const { runRootDir = '/run/gantry' } = await engine.system.info();
  const hosts = flags.list('host');
  const endpoints = (hosts.length === 0 ? [`unix://${join(runRootDir, SOCKET_NAME)}`] : hosts).flatMap((host) =>
    parseEndpoint(host, { tls, env: cli.env }),
  );
  for (const endpoint of endpoints) warnOfOpenDoor(endpoint, log);
  const api = await cli.serveApi(engine, {
    endpoints,
    warn: (message, error) => log('warning', error === undefined ? message : `${message}: ${messageOf(error)}`),
  });
  const pidfile = flags.text('pidfile');
  try {
    if (pidfile !== undefined) writePidfile(pidfile);
    for (const url of api.urls) log('info', `API listen on ${url}`);
    log(
      'info',
      `stopped by ${await waitForEnd(cli, () => log('info', 'nothing to read again: settings are read when they are used'))}`,
    );
  } finally {
    await api.stop();
    if (pidfile !== undefined) rmSync(pidfile, { force: true });
  }
  return 0;
};

type Log = (level: 'info' | 'warning', message: string) => void;

/** A line for each: logfmt as Docker's daemon writes it, or JSON. */
function createLog(cli: Cli, flags: Flags): Log {
  const format = flags.text('log-format') ?? 'text';
  if (format !== 'text' && format !== 'json') {
    throw new EngineError('invalid-argument', `invalid log format: "${format}": must be one of "text" or "json"`);
  }
  return (level, message) => {
    const time = new Date(cli.nowMs()).toISOString();
    const line =
      format === 'json'
        ? JSON.stringify({ time, level, msg: message })
        : `time="${time}" level=${level} msg=${JSON.stringify(message)}`;
    void writeOutput(cli.stderr, `${line}\n`);
  };
}

/** Plain TCP is for the host itself: whoever reaches the API is root. */
function warnOfOpenDoor(endpoint: ApiEndpoint, log: Log): void {
  if (endpoint.kind !== 'tcp' || endpoint.tls?.clientAuthority !== undefined) return;
  const isLoopback = /^(127\.|::1$|localhost$)/.test(endpoint.host);
  if (!isLoopback) {
    throw new EngineError(
      'invalid-argument',
      `tcp://${endpoint.host}:${endpoint.port} would make everybody who reaches it root: use --tlsverify, or an address of the loopback`,
    );
  }
  log('warning', `the API at tcp://${endpoint.host}:${endpoint.port} makes every user of this host root`);
}

function readTls(flags: Flags): TlsFiles | undefined {
  const isVerified = flags.isSet('tlsverify');
  if (!isVerified && !flags.isSet('tls')) return undefined;
  const folder = '/etc/gantry';
  return {
    certificate: flags.text('tlscert') ?? join(folder, 'cert.pem'),
    key: flags.text('tlskey') ?? join(folder, 'key.pem'),
    clientAuthority: isVerified ? (flags.text('tlscacert') ?? join(folder, 'ca.pem')) : undefined,
  };
}

function writePidfile(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (cause) {
    throw new EngineError('unavailable', `cannot write the pid file ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** The name of the signal that ends it. */
async function waitForEnd(cli: Cli, onReload: () => void): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const stopListening = cli.onSignal((signal) => {
    if (signal === 'SIGHUP') onReload();
    if (signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGQUIT') resolve(signal);
  });
  if (cli.interrupted.aborted) resolve('an interruption');
  const signal = await promise;
  stopListening();
  return signal;
}
