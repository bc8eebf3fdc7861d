import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CgroupStats } from '../../model/cgroup-stats.js';
import { EngineError } from '../../model/errors.js';
import { CliError } from '../cli-error.js';
import { alignTable } from '../format/table.js';
import type { RuntimeCall } from './runtime-command-spec.js';

export async function state({ runtime, args, cli }: RuntimeCall): Promise<number> {
  await cli.print(`${JSON.stringify(runtime.state(args[0] ?? ''), undefined, 2)}\n`);
  return 0;
}

const LIST_TITLES = ['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'];
const GO_SHAPE = { least: 12, gap: 1 };

export async function list({ runtime, flags, cli }: RuntimeCall): Promise<number> {
  const states = runtime.list();
  if (flags.isSet('quiet')) {
    await cli.print(states.map(({ id }) => `${id}\n`).join(''));
  } else if (readFormat(flags.text('format')) === 'json') {
    await cli.print(`${JSON.stringify(states)}\n`);
  } else {
    const rows = states.map(({ id, pid, status, bundle, created, owner }) => [
      id,
      String(pid),
      status,
      bundle,
      created,
      owner,
    ]);
    await cli.print(alignTable([LIST_TITLES, ...rows], GO_SHAPE));
  }
  return 0;
}

export async function ps({ runtime, args, flags, cli }: RuntimeCall): Promise<number> {
  const processes = runtime.processes(args[0] ?? '');
  if (readFormat(flags.text('format')) === 'json') {
    await cli.print(`${JSON.stringify(processes.map(({ pid }) => pid))}\n`);
    return 0;
  }
  const rows = processes.map(({ uid, pid, parentPid, command }) => [
    String(uid),
    String(pid),
    String(parentPid),
    command,
  ]);
  await cli.print(alignTable([['UID', 'PID', 'PPID', 'CMD'], ...rows], GO_SHAPE));
  return 0;
}

const INTERVAL_MS = 5000;

/** A line at each interval, until the container ends or the user interrupts. */
export async function events({ runtime, args, flags, cli }: RuntimeCall): Promise<number> {
  const id = args[0] ?? '';
  const intervalMs = flags.durationMs('interval') ?? INTERVAL_MS;
  if (intervalMs <= 0) throw new CliError('duration interval must be greater than 0');
  const print = async () => {
    const data = toEventData(await runtime.readStats(id));
    await cli.print(`${JSON.stringify({ type: 'stats', id, data })}\n`);
  };
  await print();
  if (flags.isSet('stats')) return 0;
  while (!cli.interrupted.aborted) {
    await delay(intervalMs, undefined, { signal: cli.interrupted }).catch(() => undefined);
    try {
      if (!cli.interrupted.aborted) await print();
    } catch (error) {
      if (error instanceof EngineError && error.kind !== 'internal') return 0;
      throw error;
    }
  }
  return 0;
}

export async function spec({ runtime, flags, cli }: RuntimeCall): Promise<number> {
  const path = join(resolve(cli.workingDir, flags.text('bundle') ?? '.'), 'config.json');
  const config = await runtime.defaultConfig();
  try {
    writeFileSync(path, config, { flag: 'wx', mode: 0o666 });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new CliError('File config.json exists. Remove it first');
    }
    throw error;
  }
  return 0;
}

export async function features({ runtime, cli }: RuntimeCall): Promise<number> {
  await cli.print(`${JSON.stringify(await runtime.features(), undefined, 4)}\n`);
  return 0;
}

function readFormat(text = 'table'): 'table' | 'json' {
  if (text === 'table' || text === 'json') return text;
  throw new CliError('invalid format option');
}

const NS_PER_US = 1000;

/** In the fields that runc's has; those that the cgroup does not tell are left out. */
function toEventData({ cpu, memory, pids }: CgroupStats): unknown {
  return {
    cpu: {
      usage: { total: cpu.usageUs * NS_PER_US, kernel: cpu.systemUs * NS_PER_US, user: cpu.userUs * NS_PER_US },
      throttling: {
        periods: cpu.periods,
        throttledPeriods: cpu.throttledPeriods,
        throttledTime: cpu.throttledUs * NS_PER_US,
      },
    },
    memory: {
      cache: memory.fileBytes,
      usage: {
        usage: memory.currentBytes,
        ...(memory.limitBytes !== undefined && { limit: memory.limitBytes }),
        ...(memory.peakBytes !== undefined && { max: memory.peakBytes }),
      },
    },
    pids: { current: pids.current, ...(pids.max !== undefined && { limit: pids.max }) },
  };
}
