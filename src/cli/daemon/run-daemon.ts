import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../engine/engine.js';
import type { ApiEndpoint, RunningApi } from '../../model/api-options.js';
import { EngineError, messageOf } from '../../model/errors.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import type { TlsFiles } from '../../model/registry-options.js';
import type { Cli, CommandCall } from '../command-spec.js';
import { parseEndpoint } from '../parse-endpoint.js';
import { writeOutput } from '../write-output.js';
import type { DaemonFile } from './daemon-file.js';
import { createDaemonLog, type DaemonLog } from './daemon-log.js';
import { type DaemonSettings, daemonFilePath, readDaemonSettings, type SettingsSources } from './daemon-settings.js';
import { socketOf } from './daemon-socket.js';
import { readInheritedSocket } from './inherited-socket.js';
import { reloadSettings } from './reload-settings.js';

const TLS_FOLDER = '/etc/gantry';
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGQUIT'];

/** Serves until it is ended by a signal. Containers do not notice. */
export async function runDaemon({ cli, flags }: CommandCall): Promise<number> {
  const sources: SettingsSources = { flags, location: cli.location, env: cli.env };
  const settings = readDaemonSettings(sources);
  const { values, service } = settings;
  if (flags.isSet('validate')) {
    for (const host of values.hosts ?? []) if (!host.startsWith('fd:')) parseEndpoint(host, toContext(cli, values));
    await writeOutput(cli.stderr, 'configuration OK\n');
    return 0;
  }
  const log = createDaemonLog(cli, settings.logFormat, settings.logLevel);
  const signals = followSignals(cli);
  const engine = await cli.ownEngine(toLocation(values, service));
  const api = await serve(cli, { engine, values, log });
  const { pidfile } = values;
  try {
    if (pidfile !== undefined) writePidfile(pidfile);
    for (const url of api.urls) log.write('info', `API listen on ${url}`);
    await notify(cli, log, ['READY=1', `STATUS=API listen on ${api.urls.join(', ')}`]);
    signals.setReload(createReload({ cli, sources, engine, log, settings }));
    const signal = await signals.ended;
    // One that comes now is for a stop that takes too long.
    signals.stop();
    await notify(cli, log, ['STOPPING=1', `STATUS=stopped by ${signal}`]);
    log.write('info', `stopped by ${signal}`);
  } finally {
    await api.stop();
    if (pidfile !== undefined) rmSync(pidfile, { force: true });
  }
  return 0;
}

function toLocation(values: DaemonFile, service: DaemonSettings['service']) {
  return omitUndefined({
    root: values['data-root'],
    runRoot: values['exec-root'],
    storageDriver: values['storage-driver'],
    usernsRemap: values['userns-remap'],
    firewallBackend: values['firewall-backend'],
    service,
  });
}

function toContext({ env }: Cli, values: DaemonFile) {
  return { tls: toTls(values), env, group: values.group };
}

interface ServeParts {
  readonly engine: Engine;
  readonly values: DaemonFile;
  readonly log: DaemonLog;
}

async function serve(cli: Cli, { engine, values, log }: ServeParts): Promise<RunningApi> {
  const { runRootDir = '/run/gantry' } = await engine.system.info();
  const hosts = values.hosts ?? [];
  const endpoints = (hosts.length === 0 ? [`unix://${socketOf(runRootDir)}`] : hosts).flatMap((host) =>
    parseEndpoint(host, toContext(cli, values)),
  );
  for (const endpoint of endpoints) warnOfOpenDoor(endpoint, log);
  return await cli.serveApi(engine, {
    endpoints,
    warn: (message, error) => log.write('warn', error === undefined ? message : `${message}: ${messageOf(error)}`),
    debug: (message) => log.write('debug', message),
  });
}

/** Plain TCP is for the host itself: whoever reaches the API is root. */
function warnOfOpenDoor(endpoint: ApiEndpoint, log: DaemonLog): void {
  const door = endpoint.kind === 'unix' || endpoint.tls?.clientAuthority !== undefined ? undefined : findDoor(endpoint);
  if (door === undefined) return;
  if (!door.isLoopback) {
    throw new EngineError(
      'invalid-argument',
      `${door.name} would make everybody who reaches it root: use --tlsverify, or an address of the loopback`,
    );
  }
  log.write('warn', `the API at ${door.name} makes every user of this host root`);
}

/** Undefined: it is not reached by TCP. */
function findDoor(endpoint: Exclude<ApiEndpoint, { kind: 'unix' }>) {
  if (endpoint.kind === 'tcp') {
    const { host, port } = endpoint;
    return { name: `tcp://${host}:${port}`, isLoopback: /^(127\.|::1$|localhost$)/.test(host) };
  }
  const socket = readInheritedSocket(endpoint.fd);
  return socket?.kind === 'tcp' ? { name: `the TCP socket ${endpoint.fd}`, isLoopback: socket.isLoopback } : undefined;
}

function toTls(values: DaemonFile): TlsFiles | undefined {
  const isVerified = values.tlsverify === true;
  if (!isVerified && values.tls !== true) return undefined;
  return {
    certificate: values.tlscert ?? join(TLS_FOLDER, 'cert.pem'),
    key: values.tlskey ?? join(TLS_FOLDER, 'key.pem'),
    clientAuthority: isVerified ? (values.tlscacert ?? join(TLS_FOLDER, 'ca.pem')) : undefined,
  };
}

function writePidfile(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (cause) {
    throw new EngineError('unavailable', `cannot write the pid file ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** A manager that cannot be told is no reason to serve nobody. */
async function notify(cli: Cli, log: DaemonLog, lines: readonly string[]): Promise<void> {
  try {
    await cli.notifyManager(lines);
  } catch (error) {
    log.write('warn', messageOf(error));
  }
}

interface ReloadParts {
  readonly cli: Cli;
  readonly sources: SettingsSources;
  readonly engine: Engine;
  readonly log: DaemonLog;
  readonly settings: DaemonSettings;
}

/** What SIGHUP does. One reload ends before the next begins. */
function createReload({ cli, sources, engine, log, settings }: ReloadParts): () => void {
  let current = settings;
  let last = Promise.resolve();
  const reload = async (): Promise<void> => {
    log.write('info', `Got signal to reload configuration, reloading from: ${daemonFilePath(sources)}`);
    // systemd.service(5), Type=notify-reload: a reload is the one that was asked for if it began after that.
    await notify(cli, log, ['RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`]);
    current = await reloadSettings({ sources, engine, log, before: current });
    await notify(cli, log, ['READY=1']);
  };
  return () => {
    last = last.then(reload);
  };
}

interface FollowedSignals {
  /** The name of the one that ends the daemon. */
  readonly ended: Promise<string>;
  /** What SIGHUP does; at once where one has come before. */
  readonly setReload: (reload: () => void) => void;
  readonly stop: () => void;
}

/** From the beginning: a reload that is asked for while the daemon starts must not end it. */
function followSignals(cli: Cli): FollowedSignals {
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  let reload: (() => void) | undefined;
  let isAsked = false;
  const stop = cli.onSignal((signal) => {
    if (ENDING.includes(signal)) resolve(signal);
    if (signal !== 'SIGHUP') return;
    isAsked = true;
    reload?.();
  });
  if (cli.interrupted.aborted) resolve('an interruption');
  return {
    ended,
    stop,
    setReload: (next) => {
      reload = next;
      if (isAsked) next();
    },
  };
}
