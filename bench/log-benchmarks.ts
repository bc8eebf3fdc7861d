import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogRing } from '../src/store/log-ring.js';
import { searchLog } from '../src/store/log-search.js';
import { createLogSelection } from '../src/store/log-selection.js';
import { startInTerminal } from '../test/support/terminal.js';
import type { Benchmark } from './benchmark.js';
import { openBenchEngine } from './peers/gantry-peer.js';
import { makeBenchFolder } from './peers/open-peers.js';
import { readPssKilobytes } from './process-memory.js';
import { readCpuMs } from './screen-world.js';

const SEARCHED_LINES = 100_000;
const FLOOD_MS = 60_000;
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
      },
    ),
    'log-flood-cpu': onFlood(`screen: CPU while it follows 1,000 lines a second for ${FLOOD_MS / 1000} s`, {
      unit: '% of a core',
      target: 15,
      measure: measureCpu,
    }),
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
  measure(pid: number): Promise<number>;
}

function onFlood(name: string, { unit, target, measure }: FloodFigure): Benchmark {
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
          return await measure(screen.pid);
        } finally {
          screen.kill();
          await screen.exited;
        }
      };
      const closeAll = async () => {
        await close();
        rmSync(settings.folder, { recursive: true });
      };
      return { contestants: [{ name: OURS, run, close: closeAll }] };
    },
  };
}

/** From ten seconds on, when everything is loaded. */
async function measureGrowth(pid: number): Promise<number> {
  await delay(10_000);
  const before = readPssKilobytes(pid);
  await delay(FLOOD_MS);
  return (readPssKilobytes(pid) - before) / 1000;
}

async function measureCpu(pid: number): Promise<number> {
  await delay(3_000);
  const before = readCpuMs(pid);
  await delay(FLOOD_MS);
  return ((readCpuMs(pid) - before) / FLOOD_MS) * 100;
}
