import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import type { StorageDriverName } from '../../src/engine/layers/drivers/storage-driver.js';
import { compileProgram } from './compile-program.js';
import { type EngineWorld, makeEngineWorld } from './engine-world.js';
import { BUNDLE } from './gantry.js';
import { nativeProgram } from './native-program.js';
import { readTextIfThere } from './read-if-there.js';
import { makeBtrfs } from './storage-worlds.js';
import {
  CHANGING_CALLS,
  type CrashPoint,
  findFailed,
  formatPoint,
  isChange,
  LAUNCHING_CALLS,
  readCrashPoints,
  readTracedCalls,
  straceWords,
  type TracedCall,
} from './system-calls.js';
import { waitUntil } from './wait-until.js';

/** Which process is ended: the command itself, or a role of gantry-init that it starts. */
export type Victim = 'engine' | 'unpack' | 'walk' | 'spawn';

export interface CommandEnd {
  readonly code: number | null;
  readonly output: string;
}

export interface CrashEnd extends CommandEnd {
  /** Of the command itself: the call that the point's error was put in for. */
  readonly failed?: TracedCall;
}

/** Processes of a container's start, in which an engine of this process is at work. */
export type LaunchVictim = 'monitor' | 'first process';

/** A state root that is as it was before each crash, and the real program on it. */
export interface CrashWorld extends EngineWorld {
  /** As the state root is now it will be after each `reset`. No engine may be open. */
  keep(): void;
  /** Waits for what commands have left at work, which would make a state of its own meanwhile. */
  reset(): Promise<void>;
  /** `gantry WORD…` to its end. */
  run(words: readonly string[]): Promise<CommandEnd>;
  /** The same, ended at a point. */
  crash(words: readonly string[], victim: Victim, point: CrashPoint): Promise<CrashEnd>;
  /** Where the command, or the role, changes something below the state root, or elsewhere. The command is run for it. */
  listPoints(words: readonly string[], victim: Victim, ...places: readonly string[]): Promise<readonly TracedCall[]>;
  /** gantry-init for an engine of this process: monitors, or what they start, are traced, or ended at a point. */
  traceLaunches(victim: LaunchVictim, point?: CrashPoint): string;
  /** What was traced since `traceLaunches`, once all of it has ended; less what had been when `skipped` was read. */
  listLaunchPoints(victim: LaunchVictim, skipped?: TraceLengths): Promise<readonly TracedCall[]>;
  /** How far the tracing is. */
  readTraceLengths(): TraceLengths;
}

/** Lines of each trace. */
export type TraceLengths = ReadonlyMap<string, number>;

/** A command that hangs is a failure of its own; slower than this no machine is. */
const LIMIT_MS = 120_000;

export function makeCrashWorld(t: TestContext, storageDriver: StorageDriverName): CrashWorld {
  const btrfs = storageDriver === 'btrfs' ? makeBtrfs(256) : undefined;
  const world = makeEngineWorld(t, { storageDriver, ...(btrfs && { root: join(btrfs.folder, 'root') }) });
  if (btrfs !== undefined) t.after(btrfs.remove);
  const { folder, options } = world;
  const template = join(folder, 'template');
  const trace = join(folder, 'trace');
  const program = copyProgram(folder);
  const env = {
    PATH: process.env['PATH'],
    GANTRY_ROOT: options.root,
    GANTRY_RUN_ROOT: options.runRoot,
    DOCKER_CONFIG: join(folder, 'docker'),
    GANTRY_CONFIG: join(folder, 'config'),
  };
  const start = (words: readonly string[], victim?: Victim, point?: CrashPoint): Promise<CommandEnd> => {
    for (const path of listTraces(folder)) rmSync(path);
    program.trace(victim, victim === undefined ? [] : straceWords(trace, point));
    const tracer = victim === 'engine' ? ['strace', ...straceWords(trace, point)] : [];
    const [file = '', ...rest] = [...tracer, process.execPath, '--disable-warning=ExperimentalWarning', program.bundle];
    const child = spawn(file, [...rest, ...words], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // strace too: what it traces would live on without it.
        process.kill(-(child.pid ?? 0), 'SIGKILL');
        reject(new Error(`gantry ${words.join(' ')} did not end within ${LIMIT_MS / 1000} s: ${output}`));
      }, LIMIT_MS);
      // With all that it has said.
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve({ code, output });
      });
    });
  };
  return {
    ...world,
    keep: btrfs?.keep ?? (() => copyFolder(options.root, template)),
    reset: async () => {
      await waitUntil(
        'the end of removals',
        () => !isRunning((words) => words.includes('__cleanup') && words.includes(program.bundle)),
      );
      if (btrfs !== undefined) btrfs.reset();
      else copyFolder(template, options.root);
    },
    run: (words) => start(words),
    crash: async (words, victim, point) => {
      const end = await start(words, victim, point);
      const failed = victim === 'engine' && point.error !== undefined ? findFailed(trace) : undefined;
      return { ...end, ...(failed && { failed }) };
    },
    listPoints: async (words, victim, ...places) => {
      const { code, output } = await start(words, victim);
      if (code !== 0) throw new Error(`gantry ${words.join(' ')} ended with ${code}: ${output}`);
      await waitUntil('the end of strace', () => !isTracing(trace));
      // A walk changes nothing; that it ends in the middle of what it tells is what matters.
      const below = victim === 'walk' ? [''] : places.length === 0 ? [options.root] : places;
      return unique(listTraces(folder).flatMap((path) => readCrashPoints(path, ...below)));
    },
    traceLaunches(victim, point) {
      for (const path of listTraces(folder)) rmSync(path);
      return program.traceLaunches(victim, straceWords(trace, point, [...CHANGING_CALLS, ...LAUNCHING_CALLS]));
    },
    readTraceLengths: () => new Map(listTraces(folder).map((path) => [path, readTracedCalls(path).length])),
    listLaunchPoints: async (victim, skipped = new Map()) => {
      await waitUntil('the end of strace', () => !isTracing(trace));
      const traces = listTraces(folder).map((path) => ({ path, calls: readTracedCalls(path) }));
      const monitors = traces.filter(({ calls }) => isMonitor(calls));
      const own = victim === 'monitor' ? monitors : traces.filter((one) => !monitors.includes(one));
      return unique(
        own.flatMap(({ path, calls }) => {
          const rest = calls.slice(skipped.get(path) ?? 0);
          const launch = victim === 'monitor' ? rest : untilProgram(rest);
          return launch.filter(
            (call) => isChange(call.call, call.rest) && (victim === 'monitor' || isOwn(call, monitors)),
          );
        }),
      );
    },
  };
}

function unique(points: readonly TracedCall[]): readonly TracedCall[] {
  return [...new Map(points.map((point) => [formatPoint(point), point])).values()];
}

function isMonitor(calls: readonly TracedCall[]): boolean {
  return calls.some(({ call, rest }) => call === 'execve' && rest.includes('"monitor"'));
}

/** Of a first process: what it does before it is the program of the container, and that. */
function untilProgram(calls: readonly TracedCall[]): readonly TracedCall[] {
  const at = calls.findIndex(({ call, rest }) => call === 'execve' && rest.endsWith(' = 0'));
  return at < 0 ? calls : calls.slice(0, at + 1);
}

/** strace counts for each process and ends the first that comes so far: it must not be the monitor. */
function isOwn({ call, when }: CrashPoint, monitors: readonly { readonly calls: readonly TracedCall[] }[]): boolean {
  return monitors.every(({ calls }) => calls.filter((one) => one.call === call).length < when);
}

/** One of the engine's main thread, or one of each process of a role. */
function listTraces(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.startsWith('trace'));
  return names.map((name) => join(folder, name));
}

function isTracing(trace: string): boolean {
  return isRunning(([program, ...words]) => program === 'strace' && words.some((word) => word.startsWith(trace)));
}

/** Whether there is a process of such words. */
function isRunning(matches: (words: readonly string[]) => boolean): boolean {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.some((pid) => matches(readTextIfThere(`/proc/${pid}/cmdline`).split('\0')));
}

function copyFolder(source: string, target: string): void {
  // What was killed may have left a removal that is still at work in there.
  rmSync(target, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
  execFileSync('cp', ['-a', source, target]);
}

/** The bundle finds gantry-init beside itself: here a script that can have one of its roles traced. */
function copyProgram(folder: string) {
  const [bundle, native] = [join(folder, 'bundle/gantry.cjs'), join(folder, 'native/gantry-init')];
  let tracer: string | undefined;
  execFileSync('cp', ['-a', dirname(BUNDLE), folder]);
  mkdirSync(dirname(native));
  return {
    bundle,
    trace(victim: Victim | undefined, words: readonly string[]) {
      // `-D`: the traced process keeps the pid and the parent that it would have.
      const strace = `exec strace -D -ff ${words.map((word) => `'${word}'`).join(' ')} ${nativeProgram} "$@"`;
      const path = `PATH='${process.env['PATH']}'`;
      const role = victim === undefined || victim === 'engine' ? 'nothing' : victim;
      writeFileSync(native, `#!/bin/sh\n${path}\n[ "$1" != ${role} ] || ${strace}\nexec ${nativeProgram} "$@"\n`);
      chmodSync(native, 0o755);
    },
    traceLaunches(victim: LaunchVictim, words: readonly string[]) {
      const traced = `${folder}/traced-init`;
      tracer ??= compileProgram('start-traced', folder);
      const follow = victim === 'monitor' ? '' : '-ff';
      const start = `exec ${tracer} ${follow} ${words.map((word) => `'${word}'`).join(' ')} -- ${nativeProgram} "$@"`;
      // Without a spawner each role is started by its name.
      writeFileSync(
        traced,
        `#!/bin/sh\n[ "$1" != spawn ] || exit 1\n[ "$1" != monitor ] || ${start}\nexec ${nativeProgram} "$@"\n`,
      );
      chmodSync(traced, 0o755);
      return traced;
    },
  };
}

/** Starts a container of the image, and gives how it ended. */
export async function runImage(engine: Engine, image: string, command: readonly string[]): Promise<number> {
  const { id } = await engine.containers.create({ image, command });
  await engine.containers.start(id);
  const { exitCode } = await engine.containers.wait(id);
  await engine.containers.remove(id);
  return exitCode;
}
