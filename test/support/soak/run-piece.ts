import assert from 'node:assert/strict';
import { COMMAND_LIVES } from './soak-commands.js';
import { LIVES, type Life } from './soak-lives.js';
import { type Counts, countAll } from './soak-sample.js';
import { leaveOnScreen, startTalker } from './soak-talker.js';
import type { SoakWorld } from './soak-world.js';

/** A part of a soak: all that it makes is removed at its end. */
export interface Piece {
  readonly number: number;
  /** The number of the first cycle. */
  readonly first: number;
  readonly cycles: number;
  /** So many containers at once. */
  readonly clients: number;
  /** How much each cycle of those that fill a log prints, and the one that is followed by all in a round. */
  readonly logBytes: number;
  readonly rounds: number;
}

export interface PieceResult {
  /** Cycles by what was done. */
  readonly ways: Readonly<Record<string, number>>;
  readonly commands: number;
  readonly logBytes: number;
  /** In the middle. */
  readonly busy: Counts;
}

/** What is done in a row; `command` takes the next of the commands. */
const ORDER: readonly (keyof typeof LIVES | 'command')[] = [
  ...(['plain', 'auto-remove', 'exec', 'log', 'plain', 'signal', 'port', 'auto-remove', 'health', 'plain'] as const),
  ...([
    'exec',
    'volume',
    'followed',
    'plain',
    'copy',
    'out of memory',
    'auto-remove',
    'changed',
    'restart policy',
  ] as const),
  'command',
];

/** The fewest cycles that have each way, and each command too. */
export const EACH_WAY = ORDER.length * Object.keys(COMMAND_LIVES).length;

export async function runPiece(world: SoakWorld, piece: Piece): Promise<PieceResult> {
  const { send } = world.daemon;
  const network = `soak-${piece.number}`;
  const made = await send('POST', '/networks/create', { body: { Name: network } });
  assert.equal(made.status, 201, made.text);
  const talker = await startTalker(world, network);
  let logBytes = 0;
  let next = 0;
  let busy: Counts | undefined;
  const ways: Record<string, number> = {};
  let commands = 0;
  const work = async (): Promise<void> => {
    while (next < piece.cycles) {
      const index = piece.first + next++;
      if (next === Math.ceil(piece.cycles / 2)) busy = await countAll(world);
      const { way, isCommand, live } = choose(index);
      const countLog = (bytes: number): void => {
        logBytes += bytes;
      };
      const round = Math.floor(index / ORDER.length);
      await live({ world, name: `life-${piece.number}-${index}`, round, network, logBytes: piece.logBytes, countLog });
      ways[way] = (ways[way] ?? 0) + 1;
      if (isCommand) commands++;
    }
  };
  const talk = async (): Promise<void> => {
    for (let round = 0; round < piece.rounds; round++) logBytes += await talker.talk(piece.logBytes);
  };
  await Promise.all([talk(), ...Array.from({ length: piece.clients }, work)]);
  await leaveOnScreen(world);
  await talker.end();
  const removed = await send('DELETE', `/networks/${network}`);
  assert.equal(removed.status, 204, removed.text);
  assert.ok(busy);
  return { ways, commands, logBytes, busy };
}

function choose(index: number): { way: string; isCommand: boolean; live: (life: Life) => Promise<void> } {
  const way = ORDER[index % ORDER.length] ?? 'plain';
  if (way !== 'command') return { way, isCommand: false, live: LIVES[way] };
  const commands = Object.entries(COMMAND_LIVES);
  const [name, live] = commands[Math.floor(index / ORDER.length) % commands.length] ?? ['', () => Promise.resolve()];
  return { way: name, isCommand: true, live };
}
