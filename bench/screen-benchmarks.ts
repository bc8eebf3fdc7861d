import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readProcessStat } from '../src/platform/proc.js';
import { startInTerminal, type TerminalProgram } from '../test/support/terminal.js';
import { type Benchmark, type Contestant, quantile } from './benchmark.js';
import { openBenchEngine } from './peers/gantry-peer.js';
import { makeBenchFolder } from './peers/open-peers.js';
import { timeProgram } from './time-program.js';

const CONTAINERS = 50;
const KEYS = 40;
const IDLE_MS = 10_000;
const SETTLE_MS = 3_000;
/** Without output for so long the screen counts as quiet; the tick of the stats comes once a second. */
const QUIET_MS = 60;
const OURS = 'gantry';
const BARE_NODE = 'node -e, the floor';
const START_LIMIT_MS = 20_000;

type Command = readonly [string, ...string[]];

/** The screen as people start it, in a pseudo-terminal of 120x40, over fifty running containers. */
export function screenBenchmarks(): Readonly<Record<string, Benchmark>> {
  return {
    'first-frame': {
      ...onScreen(timeFirstFrame, { name: BARE_NODE, run: () => timeProgram(process.execPath, ['-e', '0']) }),
      name: `screen: from the start of the process to the full list, ${CONTAINERS} containers running`,
      unit: 'ms',
      target: 250,
      runs: 9,
    },
    'first-frame-cpu': {
      ...onScreen(measureFirstFrameCpu, { name: BARE_NODE, run: measureBareNodeCpu }),
      name: 'screen: CPU until the full list',
      unit: 'ms of CPU',
      runs: 9,
    },
    'key-to-paint': {
      ...onScreen(timeKeys),
      name: `screen: from a key to the output that answers it, p95 of ${KEYS} keys`,
      unit: 'ms',
      target: 16,
      runs: 3,
    },
    'idle-screen': {
      ...onScreen(measureIdle),
      name: `screen: CPU of the process while nobody touches it, ${IDLE_MS / 1000} s, ${CONTAINERS} containers running`,
      unit: '% of a core',
      target: 1,
      runs: 2,
    },
  };
}

function onScreen(
  measure: (command: Command) => Promise<number>,
  floor?: Contestant,
): Pick<Benchmark, 'ours' | 'open'> {
  return {
    ours: OURS,
    open: async () => {
      const settings = makeBenchFolder();
      const { engine, config, command, close } = await openBenchEngine(settings);
      for (let i = 0; i < CONTAINERS; i++) {
        const name = nameOf(i);
        const { id } = await engine.containers.create({ ...config, name, command: ['sleep', '1000'] });
        await engine.containers.start(id);
      }
      const closeAll = async () => {
        await close();
        rmSync(settings.folder, { recursive: true });
      };
      const ours = { name: OURS, run: () => measure(command), close: closeAll };
      return { contestants: floor === undefined ? [ours] : [ours, floor] };
    },
  };
}

function nameOf(index: number): string {
  return `bench-${String(index).padStart(2, '0')}`;
}

/** Resolves at the first output after which the newest containers, which are on top, are on the screen. */
async function startScreen([file, ...args]: Command): Promise<{
  readonly program: TerminalProgram;
  readonly ms: number;
}> {
  const startedAt = performance.now();
  const program = startInTerminal(file, args);
  const shown = Promise.withResolvers<number>();
  const watch = program.xterm.onWriteParsed(() => {
    const text = program.screen();
    if (text.includes(nameOf(CONTAINERS - 1)) && text.includes(nameOf(CONTAINERS - 9))) {
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

async function endScreen(program: TerminalProgram): Promise<void> {
  program.kill('SIGTERM');
  await program.exited;
}

async function timeFirstFrame(command: Command): Promise<number> {
  const { program, ms } = await startScreen(command);
  await endScreen(program);
  return ms;
}

async function measureFirstFrameCpu(command: Command): Promise<number> {
  const { program } = await startScreen(command);
  const ms = readCpuMs(program.pid);
  await endScreen(program);
  return ms;
}

async function timeKeys(command: Command): Promise<number> {
  const { program } = await startScreen(command);
  await delay(SETTLE_MS);
  const times: number[] = [];
  for (let i = 0; i < KEYS; i++) {
    await waitForQuiet(program);
    times.push(await timeKey(program, i % 20 < 10 ? 'j' : 'k'));
  }
  await endScreen(program);
  return quantile(times, 0.95);
}

async function waitForQuiet(program: TerminalProgram): Promise<void> {
  for (let before = -1; before !== program.writtenCharacters(); ) {
    before = program.writtenCharacters();
    await delay(QUIET_MS);
  }
}

async function timeKey(program: TerminalProgram, key: string): Promise<number> {
  const painted = Promise.withResolvers<void>();
  const watch = program.xterm.onWriteParsed(() => painted.resolve());
  const pressedAt = performance.now();
  program.type(key);
  await painted.promise;
  watch.dispose();
  return performance.now() - pressedAt;
}

async function measureIdle(command: Command): Promise<number> {
  const { program } = await startScreen(command);
  await delay(SETTLE_MS);
  const [before, beganAt] = [readCpuMs(program.pid), performance.now()];
  await delay(IDLE_MS);
  const share = (readCpuMs(program.pid) - before) / (performance.now() - beganAt);
  await endScreen(program);
  return share * 100;
}

function measureBareNodeCpu(): number {
  const { stdout } = spawnSync(process.execPath, [
    '-e',
    'const { user, system } = process.cpuUsage(); console.log(user + system)',
  ]);
  return Number(stdout.toString()) / 1_000;
}

/** Ticks of 10 ms. */
function readCpuMs(pid: number): number {
  const stat = readProcessStat(pid);
  return ((stat?.userTicks ?? 0) + (stat?.systemTicks ?? 0)) * 10;
}
