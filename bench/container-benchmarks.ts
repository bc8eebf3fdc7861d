import { messageOf } from '../src/model/errors.js';
import type { Benchmark, Contest, Contestant } from './benchmark.js';
import { LAUNCHER, openEnteringLauncher, openLauncher } from './launcher.js';
import type { PeerWorld } from './peer-world.js';
import type { OpenedPeers } from './peers/open-peers.js';
import type { Peer } from './peers/peer.js';
import { readPssKilobytes } from './process-memory.js';
import { timeProgram } from './time-program.js';

const TRUE = ['true'];
const SLEEP = ['sleep', '1000'];
const GANTRY = 'gantry (in this process)';
const DOCKER = 'dockerd (its API)';
/** How many containers in a row; a daemon gets fewer, because it would take half a minute. */
const MANY = { gantry: 100, others: 10 };

/** The same on a bridge: what a network costs. */
export function networkBenchmarks(world: PeerWorld): Readonly<Record<string, Benchmark>> {
  return {
    'network-start': {
      ...compare(world, timeStartToExit),
      name: '`true` on a bridge: from start to the news of its exit',
      unit: 'ms',
      target: 12,
      bounds: [{ of: DOCKER, times: 1 / 20 }],
      runs: 15,
    },
    'network-life': {
      ...compare(world, timeLife),
      name: '`true` on a bridge: create, start, wait for its exit, remove',
      unit: 'ms',
      runs: 15,
    },
  };
}

type Measure = (peer: Peer) => Promise<number>;

/** What a container costs through each engine's own interface. All share one world of peers. */
export function containerBenchmarks(world: PeerWorld): Readonly<Record<string, Benchmark>> {
  return {
    life: {
      ...compare(world, timeLife, { floor: openBareProgram }),
      name: '`true`: create, start, wait for its exit, remove',
      unit: 'ms',
      runs: 15,
    },
    'start-to-exit': {
      ...compare(world, timeStartToExit, { floor: ({ settings }) => openLauncher(settings, TRUE) }),
      name: '`true`: from start to the news of its exit',
      unit: 'ms',
      target: 9,
      bounds: [
        { of: LAUNCHER, times: 2 },
        { of: DOCKER, times: 1 / 25 },
      ],
      runs: 15,
    },
    'engine-cpu': {
      ...compare(world, measureLifeCpu, { only: GANTRY }),
      name: '`true`: CPU of the process that is the engine, for the whole life',
      unit: 'ms of CPU',
      runs: 15,
    },
    exec: {
      ...compareExec(world),
      name: '`true` run in a running container',
      unit: 'ms',
      target: 6,
      bounds: [{ of: DOCKER, times: 1 / 10 }],
      runs: 15,
    },
    'start-many': {
      ...compare(world, (peer) => startMany(peer, 'start')),
      name: `containers created and started one after another (${MANY.gantry}; peers ${MANY.others})`,
      unit: 'ms a container',
      target: 15,
      bounds: [{ of: DOCKER, times: 1 / 20 }],
      runs: 2,
    },
    'remove-many': {
      ...compare(world, (peer) => startMany(peer, 'remove')),
      name: `running containers killed and removed one after another (${MANY.gantry}; peers ${MANY.others})`,
      unit: 'ms a container',
      runs: 2,
    },
    'keeper-memory': {
      ...compare(world, measureKeepers),
      name: 'what stands by each running container (monitor, shim, conmon)',
      unit: 'kB of PSS',
      target: 100,
      runs: 2,
    },
  };
}

type OpenFloor = (opened: OpenedPeers) => Contestant | Promise<Contestant>;

function compare(
  world: PeerWorld,
  measure: Measure,
  options: { readonly floor?: OpenFloor; readonly only?: string } = {},
): Pick<Benchmark, 'ours' | 'open'> {
  return {
    ours: GANTRY,
    open: async () => {
      const opened = await world.open();
      const taking = opened.peers.filter(({ name }) => options.only === undefined || name === options.only);
      const contestants: Contestant[] = taking.map((peer) => ({ name: peer.name, run: () => measure(peer) }));
      return await addFloor(opened, contestants, options.floor);
    },
  };
}

/** What there is below all engines comes first, where the host can have it. */
async function addFloor(opened: OpenedPeers, contestants: readonly Contestant[], floor?: OpenFloor): Promise<Contest> {
  const { skipped } = opened;
  if (floor === undefined) return { contestants, skipped };
  let lowest: Contestant | undefined;
  try {
    lowest = await floor(opened);
    // It may be opened where it cannot run.
    await lowest.run();
    return { contestants: [lowest, ...contestants], skipped };
  } catch (error) {
    await lowest?.close?.();
    return { contestants, skipped: [...skipped, `what is below all engines: ${messageOf(error)}`] };
  }
}

function openBareProgram({ busybox }: OpenedPeers): Contestant {
  return { name: 'fork, exec and exit on the host', run: () => timeProgram(busybox, TRUE) };
}

export async function timeLife(peer: Peer): Promise<number> {
  const startedAt = performance.now();
  const id = await peer.create(TRUE);
  await expectSuccess(peer, peer.startToExit(id));
  await peer.remove(id);
  return performance.now() - startedAt;
}

async function timeStartToExit(peer: Peer): Promise<number> {
  const id = await peer.create(TRUE);
  const startedAt = performance.now();
  await expectSuccess(peer, peer.startToExit(id));
  const elapsed = performance.now() - startedAt;
  await peer.remove(id);
  return elapsed;
}

async function measureLifeCpu(peer: Peer): Promise<number> {
  const before = process.cpuUsage();
  await timeLife(peer);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** In one container for each peer, which runs from the first turn to the last. */
function compareExec(world: PeerWorld): Pick<Benchmark, 'ours' | 'open'> {
  return {
    ours: GANTRY,
    open: async () => {
      const opened = await world.open();
      const contestants: Contestant[] = [];
      for (const peer of opened.peers) {
        const id = await peer.create(SLEEP);
        await peer.start(id);
        contestants.push({ name: peer.name, run: () => timeExec(peer, id), close: () => peer.remove(id) });
      }
      return await addFloor(opened, contestants, ({ settings }) => openEnteringLauncher(settings, TRUE));
    },
  };
}

export async function timeExec(peer: Peer, id: string): Promise<number> {
  const startedAt = performance.now();
  await expectSuccess(peer, peer.exec(id, TRUE));
  return performance.now() - startedAt;
}

async function startMany(peer: Peer, timed: 'start' | 'remove'): Promise<number> {
  const count = peer.name === GANTRY ? MANY.gantry : MANY.others;
  const ids: string[] = [];
  const startedAt = performance.now();
  for (let i = 0; i < count; i++) {
    const id = await peer.create(SLEEP);
    ids.push(id);
    await peer.start(id);
  }
  const runningAt = performance.now();
  for (const id of ids) await peer.remove(id);
  const elapsed = timed === 'start' ? runningAt - startedAt : performance.now() - runningAt;
  return elapsed / count;
}

async function measureKeepers(peer: Peer): Promise<number> {
  const ids: string[] = [];
  for (let i = 0; i < MANY.others; i++) {
    const id = await peer.create(SLEEP);
    ids.push(id);
    await peer.start(id);
  }
  const sizes = ids.flatMap((id) => peer.keepers(id)).map(readPssKilobytes);
  for (const id of ids) await peer.remove(id);
  return sizes.reduce((sum, size) => sum + size, 0) / ids.length;
}

async function expectSuccess({ name }: Peer, exit: Promise<number>): Promise<void> {
  const code = await exit;
  if (code !== 0) throw new Error(`\`true\` ended with ${code} through ${name}`);
}
