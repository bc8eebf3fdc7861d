import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogRing } from '../src/store/log-ring.js';
import { searchLog } from '../src/store/log-search.js';
import { createLogSelection } from '../src/store/log-selection.js';
import { startInTerminal, type TerminalProgram } from '../test/support/terminal.js';
import { type Benchmark, quantile } from './benchmark.js';
import { openBenchEngine } from './peers/gantry-peer.js';
import { makeBenchFolder } from './peers/open-peers.js';
import { readPssKilobytes } from './process-memory.js';
import { seen } from './screen-benchmarks.js';
import { readCpuMs } from './screen-world.js';

const SEARCHED_LINES = 100_000;
const FLOOD_MS = 60_000;
const FLOOD_KEYS = 20;
const ANSWER_LIMIT_MS = 5_000;
const OURS = 'gantry';

/** A thousand lines a second, in pieces as a server writes them. */
const FLOOD =
  'while :; do j=0; while [ $j -lt 100 ]; do echo "$j GET /api/items/17 200 12ms user=alice"; j=$((j + 1)); done; sleep 0.1; done';

/** Logs in the screen: how long a search takes, and what a flood costs. */
export function logBenchmarks(): Readonly<Record<string, Benchmark>> {
  return {
    'log-search': {
      name: `screen: a search that finds nothing in ${SEARCHED_LINES} lines`,
      unit: 'ms',
      target: 50,
      runs: 20,
      ours: OURS,
      open: () => ({ contestants: [{ name: OURS, run: makeSearch() }] }),
    },
    'log-flood-memory': onFlood(
      `screen: growth of its memory while it follows 1,000 lines a second for ${FLOOD_MS / 1000} s`,
      {
        unit: 'MB',
        target: 30,
        measure: measureGrowth,
        elsewhere: '335 MB',
      },
    ),
    'log-flood-cpu': onFlood(`screen: CPU while it follows 1,000 lines a second for ${FLOOD_MS / 1000} s`, {
      unit: '% of a core',
      target: 15,
      measure: measureCpu,
      elsewhere: '41 % and rising',
    }),
    'log-flood-input': onFlood(
      `screen: from a key to its answer while 1,000 lines a second come in, p95 of ${FLOOD_KEYS} keys`,
      {
        unit: 'ms',
        target: 50,
        measure: timeAnswers,
      },
    ),
  };
}

function makeSearch(): () => number {
  const ring = createLogRing(SEARCHED_LINES);
  for (let i = 0; i < SEARCHED_LINES; i++) {
    // One of ten has colours, as servers print them.
    const status = i % 10 === 0 ? '\x1b[32m200\x1b[0m' : '200';
    ring.add({
      stream: 'stdout',
      atMs: i,
      time: '',
      text: `${i} GET /api/items/${i % 97} ${status} ${i % 31}ms user=alice agent=browser\n`,
    });
  }
  const log = { ring, selection: createLogSelection(ring, { keep: '', hide: '' }) };
  return () => {
    const begin = performance.now();
    searchLog(log, 'items/9[89] .*bob', -1, 1);
    return performance.now() - begin;
  };
}

interface FloodFigure {
  readonly unit: string;
  readonly target: number;
  measure(screen: TerminalProgram): Promise<number>;
  /** What other tools were seen to take. */
  readonly elsewhere?: string;
}

function onFlood(name: string, { unit, target, measure, elsewhere }: FloodFigure): Benchmark {
  return {
    name,
    unit,
    target,
    runs: 1,
    ours: OURS,
    open: async () => {
      const settings = makeBenchFolder();
      const { engine, config, command, close } = await openBenchEngine(settings);
      const { id } = await engine.containers.create({ ...config, name: 'flood', command: ['sh', '-c', FLOOD] });
      await engine.containers.start(id);
      const run = async () => {
        const [file, ...args] = command;
        const screen = startInTerminal(file, args, { columns: 120, rows: 40 });
        try {
          await screen.waitFor('flood', 20_000);
          screen.type('l');
          await screen.waitFor('GET /api/items', 20_000);
          return await measure(screen);
        } finally {
          screen.kill();
          await screen.exited;
        }
      };
      const closeAll = async () => {
        await close();
        rmSync(settings.folder, { recursive: true });
      };
      const skipped = elsewhere === undefined ? [] : seen('the best of other tools', elsewhere);
      return { contestants: [{ name: OURS, run, close: closeAll }], skipped };
    },
  };
}

/** From ten seconds on, when everything is loaded. */
async function measureGrowth({ pid }: TerminalProgram): Promise<number> {
  await delay(10_000);
  const before = readPssKilobytes(pid);
  await delay(FLOOD_MS);
  return (readPssKilobytes(pid) - before) / 1000;
}

async function measureCpu({ pid }: TerminalProgram): Promise<number> {
  await delay(3_000);
  const before = readCpuMs(pid);
  await delay(FLOOD_MS);
  return ((readCpuMs(pid) - before) / FLOOD_MS) * 100;
}

/** Lines are wrapped, and not, by turns: the title says so. */
async function timeAnswers(screen: TerminalProgram): Promise<number> {
  await delay(3_000);
  const times: number[] = [];
  for (let i = 0; i < FLOOD_KEYS; i++) {
    const isWrapped = i % 2 === 0;
    const pressedAt = performance.now();
    screen.type('w');
    while (/lines [^\n]*wrap/.test(screen.screen()) !== isWrapped) {
      if (performance.now() - pressedAt > ANSWER_LIMIT_MS) throw new Error(`no answer on\n${screen.screen()}`);
      await delay(1);
    }
    times.push(performance.now() - pressedAt);
    // Not in step with the lines.
    await delay(230 + i * 7);
  }
  return quantile(times, 0.95);
}
