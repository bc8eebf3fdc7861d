import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Benchmark, Contest, Contestant } from './benchmark.js';
import type { PeerWorld } from './peer-world.js';
import type { NetworkPlace, Peer } from './peers/peer.js';

const OURS = 'gantry (in this process)';
const PORT = '9000';

/** The data path of a bridge: what is measured is a program in each container's network, without any engine at work. */
export function networkPathBenchmarks(world: PeerWorld): Readonly<Record<string, Benchmark>> {
  const between = { ours: OURS, runs: 7 };
  return {
    'network-latency': {
      ...between,
      name: 'one byte from a container to another and back',
      unit: 'µs',
      open: () => openContest(world, 'latency', 'container'),
    },
    'network-carry': {
      ...between,
      name: 'a gibibyte from a container to another',
      unit: 'ms',
      open: () => openContest(world, 'carry', 'container'),
    },
    'host-latency': {
      ...between,
      name: 'one byte from the host to a container and back',
      unit: 'µs',
      open: () => openContest(world, 'latency', 'host'),
    },
    'host-carry': {
      ...between,
      name: 'a gibibyte from the host to a container',
      unit: 'ms',
      open: () => openContest(world, 'carry', 'host'),
    },
  };
}

/** Each peer has a server in a container; a second one is the client where the host is not. */
async function openContest(world: PeerWorld, measure: string, from: 'container' | 'host'): Promise<Contest> {
  const { peers, skipped, networkProbe } = await world.open();
  if (networkProbe === undefined) return { contestants: [], skipped: ['no network probe'] };
  const contestants: Contestant[] = [];
  for (const peer of peers) {
    if (peer.network === undefined) continue;
    const ids = await startPair(peer);
    const [server, client] = await Promise.all(ids.map(peer.network.find));
    const pid = from === 'host' ? peer.network.hostPid : client?.pid;
    contestants.push({
      name: peer.name,
      run: () => probe(networkProbe, measure, pid ?? 0, server),
      close: async () => {
        for (const id of ids) await peer.remove(id);
      },
    });
  }
  return { contestants, skipped };
}

async function startPair(peer: Peer): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const command of [
    ['network-probe', 'serve', PORT],
    ['sleep', '100000'],
  ]) {
    const id = await peer.create(command);
    await peer.start(id);
    ids.push(id);
  }
  return ids;
}

async function probe(program: string, measure: string, pid: number, server?: NetworkPlace): Promise<number> {
  const { stdout } = await promisify(execFile)(program, [measure, String(pid), server?.address ?? '', PORT]);
  return Number(stdout);
}
