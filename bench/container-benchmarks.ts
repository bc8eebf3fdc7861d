import type { Benchmark, Contestant } from './benchmark.js';
import type { PeerWorld } from './peer-world.js';
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
      bound: { of: DOCKER, times: 1 / 20 },
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
      ...compare(world, timeLife, { floor: true }),
      name: '`true`: create, start, wait for its exit, remove',
      unit: 'ms',
      runs: 15,
    },
    'start-to-exit': {
      ...compare(world, timeStartToExit),
      name: '`true`: from start to the news of its exit',
      unit: 'ms',
      target: 9,
      bound: { of: DOCKER, times: 1 / 25 },
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
      bound: { of: DOCKER, times: 1 / 10 },
      runs: 15,
    },
    'start-many': {
      ...compare(world, (peer) => startMany(peer, 'start')),
      name: `containers created and started one after another (${MANY.gantry}; peers ${MANY.others})`,
      unit: 'ms a container',
      target: 15,
      bound: { of: DOCKER, times: 1 / 20 },
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

function compare(
  world: PeerWorld,
  measure: Measure,
  options: { readonly floor?: boolean; readonly only?: string } = {},
): Pick<Benchmark, 'ours' | 'open'> {
  return {
    ours: GANTRY,
    open: async () => {
      const { peers, skipped, busybox } = await world.open();
      const taking = peers.filter(({ name }) => options.only === undefined || name === options.only);
      const contestants: Contestant[] = taking.map((peer) => ({ name: peer.name, run: () => measure(peer) }));
      const floor = { name: 'fork, exec and exit on the host', run: () => timeProgram(busybox, TRUE) };
      return { contestants: options.floor ? [floor, ...contestants] : contestants, skipped };
    },
  };
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
      const { peers, skipped } = await world.open();
      const contestants: Contestant[] = [];
      for (const peer of peers) {
        const id = await peer.create(SLEEP);
        await peer.start(id);
        contestants.push({ name: peer.name, run: () => timeExec(peer, id), close: () => peer.remove(id) });
      }
      return { contestants, skipped };
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
