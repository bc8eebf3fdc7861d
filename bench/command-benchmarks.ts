import type { Benchmark, Contestant } from './benchmark.js';
import type { PeerWorld } from './peer-world.js';
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
