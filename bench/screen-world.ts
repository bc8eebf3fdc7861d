import { existsSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { readProcessStat } from '../src/platform/proc.js';
import { startInTerminal, type TerminalProgram } from '../test/support/terminal.js';
import { openBenchEngine } from './peers/gantry-peer.js';
import { makeBenchFolder } from './peers/open-peers.js';

const START_LIMIT_MS = 20_000;
/** Rows of the list that are waited for: as many as the screen has of it. */
const LISTED = 9;
const MEMORY_LIMIT_BYTES = 256 * 2 ** 20;

export type Command = readonly [string, ...string[]];

/** An engine with containers, and the command that opens the screen over it. */
export interface ScreenWorld {
  readonly command: Command;
  readonly count: number;
  /** The file with the memory limit of the newest container, which the screen has selected; undefined where there is none. */
  memoryLimitFile(): string | undefined;
  close(): Promise<void>;
}

export interface ScreenWorldOptions {
  readonly count: number;
  /** False: they are created and never started. */
  readonly areRunning?: boolean;
}

/** Containers that sleep, with a memory limit each. */
export async function openScreenWorld({ count, areRunning = true }: ScreenWorldOptions): Promise<ScreenWorld> {
  const settings = makeBenchFolder();
  const { engine, config, command, cgroupParent, close } = await openBenchEngine(settings);
  let newest = '';
  for (let i = 0; i < count; i++) {
    const limits = { memoryBytes: MEMORY_LIMIT_BYTES };
    const { id } = await engine.containers.create({ ...config, limits, name: nameOf(i), command: ['sleep', '10000'] });
    if (areRunning) await engine.containers.start(id);
    newest = id;
  }
  const group = join(cgroupParent, newest);
  return {
    command,
    count,
    memoryLimitFile: () =>
      [`memory/${group}/memory.limit_in_bytes`, `${group}/memory.max`]
        .map((path) => join('/sys/fs/cgroup', path))
        .find((path) => existsSync(path)),
    close: async () => {
      await close();
      rmSync(settings.folder, { recursive: true });
    },
  };
}

/** Resolves at the first output after which the newest containers, which are on top, are on the screen. */
export async function startScreen({ command: [file, ...args], count }: ScreenWorld): Promise<{
  readonly program: TerminalProgram;
  readonly ms: number;
}> {
  const startedAt = performance.now();
  const program = startInTerminal(file, args);
  const shown = Promise.withResolvers<number>();
  const watch = program.xterm.onWriteParsed(() => {
    const text = program.screen();
    if (text.includes(nameOf(count - 1)) && text.includes(nameOf(Math.max(0, count - LISTED)))) {
      shown.resolve(performance.now() - startedAt);
    }
  });
  const limit = setTimeout(() => shown.reject(new Error(`no list on\n${program.screen()}`)), START_LIMIT_MS);
  try {
    return { program, ms: await shown.promise };
  } catch (error) {
    program.kill();
    throw error;
  } finally {
    clearTimeout(limit);
    watch.dispose();
  }
}

export async function endProgram(program: TerminalProgram): Promise<void> {
  program.kill('SIGTERM');
  await program.exited;
}

/** CPU time of a process, in ticks of 10 ms. */
export function readCpuMs(pid: number): number {
  const stat = readProcessStat(pid);
  return ((stat?.userTicks ?? 0) + (stat?.systemTicks ?? 0)) * 10;
}

/** True where a shell would find the program. */
export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function nameOf(index: number): string {
  return `box-${String(index).padStart(3, '0')}`;
}
