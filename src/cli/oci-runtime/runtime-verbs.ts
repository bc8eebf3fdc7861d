import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Flags } from '../../model/flags.js';
import type { OciCreateOptions, OciProcess, OciStreams } from '../../model/oci-runtime.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parseSignal } from '../../model/signals.js';
import { parseBytes } from '../../model/units.js';
import { CliError } from '../cli-error.js';
import type { Cli } from '../command-spec.js';
import type { RuntimeCall } from './runtime-command-spec.js';

export async function create({ runtime, args, flags, cli }: RuntimeCall): Promise<number> {
  await runtime.create(args[0] ?? '', readCreateOptions(flags, cli));
  return 0;
}

export async function run({ runtime, args, flags, cli }: RuntimeCall): Promise<number> {
  const options = { ...readCreateOptions(flags, cli), detach: flags.isSet('detach'), keep: flags.isSet('keep') };
  return await waitFor(cli, await runtime.run(args[0] ?? '', options));
}

export async function exec({ runtime, args, flags, cli }: RuntimeCall): Promise<number> {
  const refused = ['apparmor', 'process-label', 'cgroup'].find((name) => flags.has(name));
  if (refused !== undefined) throw new CliError(`--${refused} is not supported by this runtime`);
  const [id = '', ...words] = args;
  const options = {
    ...readStreams(flags, cli),
    detach: flags.isSet('detach'),
    ignorePaused: flags.isSet('ignore-paused'),
    args: words,
    env: flags.list('env'),
    additionalGids: flags.readAll('additional-gids', Number),
    capabilities: flags.list('cap'),
    terminal: flags.isSet('tty'),
    noNewPrivileges: flags.isSet('no-new-privs'),
    ...omitUndefined({ processFile: flags.text('process'), cwd: flags.text('cwd'), user: flags.text('user') }),
  };
  return await waitFor(cli, await runtime.exec(id, options));
}

export async function kill({ runtime, args, flags }: RuntimeCall): Promise<number> {
  const [id = '', name = 'SIGTERM'] = args;
  const signal = parseSignal(name);
  if (signal === undefined) throw new CliError(`unknown signal "${name}"`);
  await runtime.kill(id, signal, flags.isSet('all'));
  return 0;
}

export async function remove({ runtime, args, flags }: RuntimeCall): Promise<number> {
  await runtime.delete(args[0] ?? '', flags.isSet('force'));
  return 0;
}

export async function update({ runtime, args, flags, cli }: RuntimeCall): Promise<number> {
  await runtime.update(args[0] ?? '', await readResources(flags, cli));
  return 0;
}

function readCreateOptions(flags: Flags, cli: Cli): OciCreateOptions {
  if (flags.isSet('no-pivot')) {
    throw new CliError('--no-pivot is not supported by this runtime: a container gets its root by pivot_root');
  }
  return {
    ...readStreams(flags, cli),
    bundle: resolve(cli.workingDir, flags.text('bundle') ?? '.'),
    newKeyring: !flags.isSet('no-new-keyring'),
  };
}

function readStreams(flags: Flags, { workingDir }: Cli): OciStreams {
  const toPath = (path: string | undefined) => (path ? resolve(workingDir, path) : undefined);
  return {
    preservedDescriptors: flags.uint('preserve-fds') ?? 0,
    ...omitUndefined({
      consoleSocket: toPath(flags.text('console-socket')),
      pidFile: toPath(flags.text('pid-file')),
    }),
  };
}

/** Signals of this process are the other's as long as it is waited for. */
async function waitFor(cli: Cli, { exit, kill: send, resize }: OciProcess): Promise<number> {
  const stop = cli.onSignal(send);
  const { stdout } = cli;
  if (stdout.isTTY === true) stdout.on('resize', resize);
  try {
    return await exit;
  } finally {
    stop();
    stdout.off('resize', resize);
  }
}

/** As `linux.resources` of a config.json has them. */
async function readResources(flags: Flags, cli: Cli): Promise<unknown> {
  const file = flags.text('resources');
  if (file !== undefined) {
    const source = file === '-' ? await text(cli.stdin) : readFileSync(resolve(cli.workingDir, file), 'utf8');
    return JSON.parse(source);
  }
  const bytes = (name: string) => flags.read(name, (value) => (value === '-1' ? -1 : parseBytes(value)));
  return omitUndefined({
    memory: omitUndefined({
      limit: bytes('memory'),
      swap: bytes('memory-swap'),
      reservation: bytes('memory-reservation'),
    }),
    cpu: omitUndefined({
      shares: flags.uint('cpu-share'),
      quota: flags.int('cpu-quota'),
      period: flags.uint('cpu-period'),
      realtimePeriod: flags.uint('cpu-rt-period'),
      realtimeRuntime: flags.int('cpu-rt-runtime'),
      cpus: flags.text('cpuset-cpus'),
      mems: flags.text('cpuset-mems'),
    }),
    pids: omitUndefined({ limit: flags.int('pids-limit') }),
    blockIO: omitUndefined({ weight: flags.uint('blkio-weight') }),
  });
}
