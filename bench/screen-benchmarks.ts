import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startInTerminal, type TerminalProgram } from '../test/support/terminal.js';
import { type Benchmark, type Contestant, quantile } from './benchmark.js';
import { endProgram, isInstalled, openScreenWorld, readCpuMs, type ScreenWorld, startScreen } from './screen-world.js';
import { statsMemory } from './stats-memory.js';
import { timeProgram } from './time-program.js';

const KEYS = 40;
const IDLE_MS = 10_000;
const SETTLE_MS = 3_000;
/** Without output for so long the screen counts as quiet; the tick of the stats comes once a second. */
const QUIET_MS = 60;
const STEP_LIMIT_MS = 5_000;
const OURS = 'gantry';
const BARE_NODE = 'node -e, the floor';
const PEERS = ['btop', 'htop'] as const;

/** The screen as people start it, in a pseudo-terminal of 120x40. */
export function screenBenchmarks(): Readonly<Record<string, Benchmark>> {
  return {
    ...startBenchmarks(),
    ...idleBenchmarks(),
    'key-to-paint': {
      ...onScreen({ count: 500 }, timeKeys, [], seen('the best of other tools', '168 ms')),
      name: `screen: from a key to the output that answers it, p95 of ${KEYS} keys, 500 containers`,
      ...{ unit: 'ms', target: 50, runs: 3 },
    },
    'slider-step': {
      ...onScreen({ count: 1 }, timeSteps),
      name: `screen: from a key on the live slider to the kernel's file, p95 of ${KEYS} steps`,
      ...{ unit: 'ms', target: 20, runs: 3 },
    },
    'stats-memory': statsMemory,
  };
}

function startBenchmarks(): Readonly<Record<string, Benchmark>> {
  const floor: Contestant = { name: BARE_NODE, run: () => timeProgram(process.execPath, ['-e', '0']) };
  const first = (count: number, target: number, elsewhere: string): Benchmark => ({
    ...onScreen({ count }, timeFirstFrame, [floor], seen('lazydocker', elsewhere)),
    name: `screen: from the start of the process to the full list, ${count} containers running`,
    ...{ unit: 'ms', target, runs: 9 },
  });
  return {
    'first-frame': first(50, 400, '638 to 694 ms'),
    'first-frame-500': first(500, 600, '1890 ms'),
    'first-frame-cpu': {
      ...onScreen({ count: 50 }, measureFirstFrameCpu, [{ name: BARE_NODE, run: measureBareNodeCpu }]),
      name: 'screen: CPU until the full list, 50 containers running',
      ...{ unit: 'ms of CPU', runs: 9 },
    },
  };
}

function idleBenchmarks(): Readonly<Record<string, Benchmark>> {
  const idle = (count: number, target: number, elsewhere: string): Benchmark => ({
    ...onScreen(
      { count },
      measureIdle,
      peersOf(measureCpuShare),
      seen('the best of other tools', `${elsewhere} % without its daemon`),
    ),
    name: `screen: CPU of the process while nobody touches it, ${IDLE_MS / 1000} s, ${count} containers running`,
    ...{ unit: '% of a core', target, runs: 2 },
  });
  return {
    'idle-screen': idle(50, 2, '2.3'),
    'idle-screen-200': idle(200, 3, '7.0'),
    'idle-screen-500': idle(500, 5, '16.3'),
    'idle-bytes': {
      ...onScreen(
        { count: 50, areRunning: false },
        measureIdleBytes,
        peersOf(measureByteRate),
        seen('lazydocker', '7300 to 13600 bytes/s'),
      ),
      name: `screen: bytes a second while nothing changes, ${IDLE_MS / 1000} s, 50 containers that do not run`,
      ...{ unit: 'bytes/s', target: 500, runs: 2 },
    },
    'graph-bytes': {
      ...onScreen({ count: 1 }, measureIdleBytes, peersOf(measureByteRate)),
      name: `screen: bytes a second with two live graphs, ${IDLE_MS / 1000} s, one container`,
      ...{ unit: 'bytes/s', target: 4000, runs: 2 },
    },
  };
}

type Measure = (world: ScreenWorld, remark: (text: string) => void) => Promise<number>;

function onScreen(
  options: Parameters<typeof openScreenWorld>[0],
  measure: Measure,
  others: readonly Contestant[] = [],
  elsewhere: readonly string[] = [],
): Pick<Benchmark, 'ours' | 'open'> {
  return {
    ours: OURS,
    open: async () => {
      const world = await openScreenWorld(options);
      let said = '';
      const ours: Contestant = {
        name: OURS,
        run: () =>
          measure(world, (text) => {
            said = text;
          }),
        remark: () => said,
        close: world.close,
      };
      const here = others.filter(({ name }) => !isPeer(name) || isInstalled(name));
      const absent = others.filter((other) => !here.includes(other)).map(({ name }) => `${name}: not installed`);
      return { contestants: [ours, ...here], skipped: [...absent, ...elsewhere] };
    },
  };
}

/** What was measured of a program that no package here has, on a machine of this size. */
export const seen = (name: string, figure: string): readonly string[] => [`${name}: not run here, ${figure} elsewhere`];

const isPeer = (name: string) => PEERS.some((peer) => peer === name);

/** The programs that people have beside it, at their own settings. */
function peersOf(measure: (program: TerminalProgram) => Promise<number>): readonly Contestant[] {
  return PEERS.map((name) => ({
    name,
    run: async () => {
      const program = startInTerminal(name, []);
      try {
        return await measure(program);
      } finally {
        await endProgram(program);
      }
    },
  }));
}

async function timeFirstFrame(world: ScreenWorld): Promise<number> {
  const { program, ms } = await startScreen(world);
  await endProgram(program);
  return ms;
}

async function measureFirstFrameCpu(world: ScreenWorld): Promise<number> {
  const { program } = await startScreen(world);
  const ms = readCpuMs(program.pid);
  await endProgram(program);
  return ms;
}

async function timeKeys(world: ScreenWorld, remark: (text: string) => void): Promise<number> {
  const { program } = await startScreen(world);
  await delay(SETTLE_MS);
  const times: number[] = [];
  for (let i = 0; i < KEYS; i++) {
    await waitForQuiet(program);
    times.push(await timeKey(program, i % 20 < 10 ? 'j' : 'k'));
  }
  await endProgram(program);
  remark(`p50 of the last run ${quantile(times, 0.5).toFixed(1)}`);
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

/** Steps of the memory slider, live: until the kernel has the limit, and until the graph's title and its line have it. */
async function timeSteps(world: ScreenWorld, remark: (text: string) => void): Promise<number> {
  const file = world.memoryLimitFile();
  if (file === undefined) throw new Error('no file with the memory limit of the container');
  const { program } = await startScreen(world);
  await delay(SETTLE_MS);
  program.type('uL');
  await program.waitFor('live on');
  const [kernel, frame]: [number[], number[]] = [[], []];
  for (let i = 0; i < KEYS; i++) {
    await waitForQuiet(program);
    const [heldBefore, shownBefore] = [readFileSync(file, 'utf8'), limitOnScreen(program)];
    const pressedAt = performance.now();
    program.type(i % 8 < 4 ? '\x1b[C' : '\x1b[D');
    kernel.push(await timeUntil(program, pressedAt, () => readFileSync(file, 'utf8') !== heldBefore));
    frame.push(await timeUntil(program, pressedAt, () => limitOnScreen(program) !== shownBefore));
  }
  await endProgram(program);
  remark(`p50 ${quantile(kernel, 0.5).toFixed(1)}, the limit on the screen p95 ${quantile(frame, 0.95).toFixed(1)}`);
  return quantile(kernel, 0.95);
}

function limitOnScreen(program: TerminalProgram): string | undefined {
  return /MEM \S+ of (\S+)/.exec(program.screen())?.[1];
}

async function timeUntil(program: TerminalProgram, since: number, isThere: () => boolean): Promise<number> {
  while (!isThere()) {
    if (performance.now() - since > STEP_LIMIT_MS) throw new Error(`a step has no effect on\n${program.screen()}`);
    // Looking all the time would take the processor from what is looked at.
    await delay(1);
  }
  return performance.now() - since;
}

async function measureIdle(world: ScreenWorld): Promise<number> {
  const { program } = await startScreen(world);
  const share = await measureCpuShare(program);
  await endProgram(program);
  return share;
}

async function measureIdleBytes(world: ScreenWorld): Promise<number> {
  const { program } = await startScreen(world);
  const rate = await measureByteRate(program);
  await endProgram(program);
  return rate;
}

async function measureCpuShare(program: TerminalProgram): Promise<number> {
  await delay(SETTLE_MS);
  const [before, beganAt] = [readCpuMs(program.pid), performance.now()];
  await delay(IDLE_MS);
  return ((readCpuMs(program.pid) - before) / (performance.now() - beganAt)) * 100;
}

/** Characters of more than one byte are counted as what they take on the line. */
async function measureByteRate(program: TerminalProgram): Promise<number> {
  await delay(SETTLE_MS);
  const [before, beganAt] = [program.writtenBytes(), performance.now()];
  await delay(IDLE_MS);
  return ((program.writtenBytes() - before) / (performance.now() - beganAt)) * 1000;
}

function measureBareNodeCpu(): number {
  const { stdout } = spawnSync(process.execPath, [
    '-e',
    'const { user, system } = process.cpuUsage(); console.log(user + system)',
  ]);
  return Number(stdout.toString()) / 1_000;
}
