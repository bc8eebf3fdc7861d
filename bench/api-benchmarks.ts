import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Benchmark, Contestant } from './benchmark.js';
import { timeExec, timeLife } from './container-benchmarks.js';
import type { PeerWorld } from './peer-world.js';
import type { DockerApi } from './peers/docker-api.js';
import type { Peer } from './peers/peer.js';
import { readPssKilobytes } from './process-memory.js';

const GANTRY = 'gantry (its API)';
const DOCKER = 'dockerd (its API)';
const LISTED = 100;
const LOG_BYTES = 20_000_000;
/** As long as a line of a web server's log. */
const LOG_LINE = '127.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "GET /api/items/17 HTTP/1.1" 200 512 "-" "agent"';
const PRINT = ['busybox', 'sh', '-c', `busybox yes '${LOG_LINE}' | busybox head -c ${LOG_BYTES}`];
const ECHOES = 100;

/** What Docker's API costs through one client on a unix socket: that of peers/docker-api.ts. */
export function apiBenchmarks(world: PeerWorld): Readonly<Record<string, Benchmark>> {
  return {
    'api-life': {
      ...compare(world, async (peer) => ({ run: () => timeLife(peer) })),
      name: 'API: `true`: create, start, wait for its exit, remove',
      unit: 'ms',
      bounds: [{ of: DOCKER, times: 0.1 }],
      runs: 15,
    },
    'api-exec': {
      ...compare(world, timeExecs),
      name: 'API: `true` run in a running container: create, start to the end of its output, inspect',
      unit: 'ms',
      bounds: [{ of: DOCKER, times: 1 }],
      runs: 15,
    },
    'api-list': {
      ...compare(world, timeList),
      name: `API: list of ${LISTED} containers`,
      unit: 'ms',
      bounds: [{ of: DOCKER, times: 1 }],
      runs: 30,
    },
    'api-logs': {
      ...compare(world, timeLogs),
      name: `API: log of ${LOG_BYTES / 1e6} MB, in lines of ${LOG_LINE.length + 1} bytes`,
      unit: 'ms',
      bounds: [{ of: DOCKER, times: 1 }],
      runs: 5,
    },
    'api-stats': {
      ...compare(world, timeStats),
      name: 'API: stats, one reading',
      unit: 'ms',
      bounds: [{ of: DOCKER, times: 1 }],
      runs: 15,
    },
    'api-output': {
      ...compare(world, timeOutput),
      name: `API: a program that prints ${LOG_BYTES / 1e6} MB into its log, from start to exit`,
      unit: 'ms',
      bounds: [{ of: DOCKER, times: 1 / 3 }],
      runs: 5,
    },
    'server-memory': {
      ...compare(world, measureServer),
      name: `memory of the server with ${LISTED} running containers`,
      unit: 'MB of PSS',
      target: 90,
      runs: 1,
    },
    'api-attach': {
      ...compare(world, timeEcho),
      name: `API: a line to \`cat\` and back over an attached connection, mean of ${ECHOES}`,
      unit: 'ms',
      bounds: [{ of: DOCKER, times: 1 }],
      runs: 15,
    },
  };
}

type ApiPeer = Peer & { readonly api: DockerApi };

/** Makes what is measured, once. */
type Prepare = (peer: ApiPeer) => Promise<Omit<Contestant, 'name'>> | Omit<Contestant, 'name'>;

function compare(world: PeerWorld, prepare: Prepare): Pick<Benchmark, 'ours' | 'open'> {
  return {
    ours: GANTRY,
    open: async () => {
      const { peers, skipped } = await world.open();
      const contestants: Contestant[] = [];
      for (const peer of peers) {
        const { api } = peer;
        if (api !== undefined) contestants.push({ name: peer.name, ...(await prepare({ ...peer, api })) });
      }
      return { contestants, skipped };
    },
  };
}

async function timeExecs(peer: ApiPeer): Promise<Omit<Contestant, 'name'>> {
  const id = await peer.create(['sleep', '1000']);
  await peer.start(id);
  return { run: () => timeExec(peer, id), close: () => peer.remove(id) };
}

/** Created ones: what runs is no other work to list. */
async function timeList({ api }: ApiPeer): Promise<Omit<Contestant, 'name'>> {
  const ids: string[] = [];
  for (let i = 0; i < LISTED; i++) ids.push(await api.create(['sleep', '1000']));
  return {
    run: () => timed(() => api.fetch('/containers/json?all=1')),
    close: async () => {
      for (const id of ids) await api.remove(id);
    },
  };
}

async function timeLogs({ api, name }: ApiPeer): Promise<Omit<Contestant, 'name'>> {
  const id = await api.create(PRINT);
  await api.startToExit(id);
  const shown: number[] = [];
  return {
    run: async () => {
      const startedAt = performance.now();
      const bytes = await api.fetch(`/containers/${id}/logs?stdout=1&stderr=1`);
      const elapsed = performance.now() - startedAt;
      if (bytes < LOG_BYTES) throw new Error(`${name} has sent ${bytes} bytes of a log of ${LOG_BYTES}`);
      shown.push(LOG_BYTES / 1000 / elapsed);
      return elapsed;
    },
    remark: () => `${Math.max(...shown).toFixed(0)} MB/s at best`,
    close: () => api.remove(id),
  };
}

function timeOutput(peer: ApiPeer): Omit<Contestant, 'name'> {
  return {
    run: async () => {
      const id = await peer.api.create(PRINT);
      const elapsed = await timed(() => peer.api.startToExit(id));
      await peer.remove(id);
      return elapsed;
    },
  };
}

async function measureServer({ api, servers, name }: ApiPeer): Promise<Omit<Contestant, 'name'>> {
  if (servers === undefined) throw new Error(`${name} has no server`);
  const ids: string[] = [];
  for (let i = 0; i < LISTED; i++) {
    const id = await api.create(['sleep', '1000']);
    ids.push(id);
    await api.start(id);
  }
  return {
    run: async () => {
      await api.fetch('/containers/json');
      return servers().reduce((sum, pid) => sum + readPssKilobytes(pid), 0) / 1000;
    },
    close: async () => {
      for (const id of ids) await api.remove(id);
    },
  };
}

async function timeStats({ api }: ApiPeer): Promise<Omit<Contestant, 'name'>> {
  const id = await api.create(['sleep', '1000']);
  await api.start(id);
  return {
    run: () => timed(() => api.fetch(`/containers/${id}/stats?stream=0&one-shot=1`)),
    close: () => api.remove(id),
  };
}

async function timeEcho({ api }: ApiPeer): Promise<Omit<Contestant, 'name'>> {
  const id = await api.create(['busybox', 'cat'], { OpenStdin: true, AttachStdin: true });
  await api.start(id);
  const connection = await api.attach(id);
  return {
    run: async () => (await timed(() => echo(connection, ECHOES))) / ECHOES,
    close: async () => {
      // Before: whose input ends is ending by itself, and podman does not remove that.
      await api.remove(id);
      connection.destroy();
    },
  };
}

/** The answer has the header of a frame before it. */
async function echo(connection: Socket, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const wanted = `line ${i}\n`;
    connection.write(wanted);
    for (let seen = ''; !seen.endsWith(wanted); ) seen += String((await once(connection, 'data'))[0]);
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
