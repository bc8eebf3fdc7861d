import { rmSync } from 'node:fs';
import type { Benchmark, Contest, Contestant } from './benchmark.js';
import type { PeerWorld } from './peer-world.js';
import { openBenchEngine } from './peers/gantry-peer.js';
import { makeBenchFolder } from './peers/open-peers.js';
import type { Peer } from './peers/peer.js';
import { timeProgram } from './time-program.js';

type CommandName = keyof NonNullable<Peer['commands']>;

/** Whole processes: what a person waits for who types a command. */
export function commandBenchmarks(world: PeerWorld): Readonly<Record<string, Benchmark>> {
  return {
    'run-command': {
      ...compareCommands(world, 'runTrue'),
      name: 'the command run --rm --network none busybox true',
      unit: 'ms',
      runs: 15,
    },
    'ps-command': { ...compareCommands(world, 'ps'), name: 'the command ps, nothing running', unit: 'ms', runs: 15 },
    'ps-hundred': {
      name: `the command ps, ${LISTED} containers running`,
      unit: 'ms',
      runs: 40,
      ours: GANTRY,
      bounds: [{ of: BARE_NODE, times: 1.5, plus: 20 }],
      open: openListed,
    },
  };
}

const GANTRY = 'gantry';
const BARE_NODE = 'node -e 0';
const LISTED = 100;

/** Beside the start of the same Node that runs nothing. */
async function openListed(): Promise<Contest> {
  const settings = makeBenchFolder();
  const { engine, config, command, close } = await openBenchEngine(settings);
  for (let i = 0; i < LISTED; i++) {
    const { id } = await engine.containers.create({ ...config, command: ['sleep', '1000'] });
    await engine.containers.start(id);
  }
  const [node, ...words] = command;
  const closeAll = async () => {
    await close();
    rmSync(settings.folder, { recursive: true });
  };
  return {
    contestants: [
      { name: GANTRY, run: () => timeProgram(node, [...words, 'ps']), close: closeAll },
      { name: BARE_NODE, run: () => timeProgram(node, ['-e', '0']) },
    ],
  };
}

function compareCommands(world: PeerWorld, name: CommandName): Pick<Benchmark, 'ours' | 'open'> {
  return {
    ours: 'gantry',
    open: async () => {
      const { peers, skipped } = await world.open();
      const contestants = peers.flatMap((peer): readonly Contestant[] => {
        const [program, ...args] = peer.commands?.[name] ?? [];
        const [word = ''] = peer.name.split(' ');
        return program === undefined ? [] : [{ name: word, run: () => timeProgram(program, args) }];
      });
      return { contestants, skipped };
    },
  };
}
