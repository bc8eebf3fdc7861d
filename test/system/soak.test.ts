import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describePlace } from '../../bench/report.js';
import { requires } from '../support/requires.js';
import { judgeSoak, toMost } from '../support/soak/judge-soak.js';
import { EACH_WAY, type Piece, type PieceResult, runPiece } from '../support/soak/run-piece.js';
import { type Sample, takeSample } from '../support/soak/soak-sample.js';
import { openSoakWorld, type SoakWorld } from '../support/soak/soak-world.js';

const needs = requires(
  ...(['root', 'overlay', 'command:busybox', 'command:ip', 'command:nft', 'command:nsenter'] as const),
  ...(['command:unshare', 'command:mkfs.ext4', 'command:losetup'] as const),
);

/** `full`, or how many cycles: scripts/soak.sh. */
const WANTED = process.env['GANTRY_TEST_SOAK'] ?? String(EACH_WAY);
const CYCLES = WANTED === 'full' ? 10_000 : Number(WANTED);
/** Where a row for each sample goes, as soon as it is there, and how it ended: scripts/soak-table.mjs reads it. */
const FILE = process.env['GANTRY_TEST_SOAK_RESULTS'];

/** A sample after so many cycles, all that they made being gone. */
const PIECE_CYCLES = Math.min(250, Math.ceil(CYCLES / 2));
const CLIENTS = 8;
/** Every so many pieces has the many clients. */
const CROWDED = 10;
const CROWD = 50;
/** In all, for each cycle, bytes: 1 GB for ten thousand. */
const LOG_BYTES_LEAST = 100_000;
/** One cycle in twenty prints it, and the one that all follow does in each round. */
const LOG_BYTES = 1_200_000;
const ROUNDS_EACH = 20;

test(`${CYCLES} cycles of containers with a daemon, a screen and commands at work leave nothing behind`, {
  ...needs,
  timeout: 6 * 3_600_000,
}, async (t) => {
  const world = await openSoakWorld(t);
  await world.screen.waitFor('/', 30_000);
  const startedAtMs = Date.now();
  const tell = (row: object): void => {
    if (FILE !== undefined) appendFileSync(FILE, `${JSON.stringify(row)}\n`);
  };
  const tellSample = ({ paths: _, ...sample }: Sample): void => tell({ sample });
  // What the first of each kind loads and opens stays: also in the screen, which removes some of those that are removed by themselves.
  await runPiece(world, toPiece(0, 0, EACH_WAY));
  const first = await takeSample(world, { cycles: 0, startedAtMs });
  const samples: Sample[] = [first];
  const results: PieceResult[] = [];
  tellSample(first);
  for (let done = 0; done < CYCLES; ) {
    const piece = toPiece(results.length + 1, done, Math.min(PIECE_CYCLES, CYCLES - done));
    results.push(await runPiece(world, piece));
    done += piece.cycles;
    // What has been left once would be waited for each time.
    const { counts: wanted } = samples.at(-1) ?? first;
    const sample = await takeSample(world, { cycles: done, startedAtMs, wanted });
    samples.push(sample);
    tellSample(sample);
    // So that a long run need not be waited for.
    assert.deepEqual(readWarnings(world), []);
  }
  const left = judgeSoak(samples);
  const logBytes = results.reduce((sum, result) => sum + result.logBytes, 0);
  const commands = results.reduce((sum, result) => sum + result.commands, 0);
  const end = { cycles: CYCLES, commands, logBytes, ways: addUp(results.map(({ ways }) => ways)), left };
  tell({ end: { ...end, busy: toMost(results.map(({ busy }) => busy)), place: describePlace() } });
  t.diagnostic(
    `${CYCLES} cycles, ${commands} of them by commands; ${(logBytes / 1e6).toFixed(1)} MB of logs; ${samples.length} samples`,
  );
  assert.deepEqual(left, []);
  assert.ok(logBytes >= CYCLES * LOG_BYTES_LEAST, `${logBytes} bytes of logs`);
  const { code, stdout } = await world.gantry.run(['system', 'check']);
  assert.equal(code, 0, stdout);
  await world.end();
  await world.daemon.leaks.assertNothingLeft('after the soak');
});

function toPiece(number: number, first: number, cycles: number): Piece {
  const clients = number % CROWDED === CROWDED - 1 ? CROWD : CLIENTS;
  return { ...{ number, first, cycles, clients }, logBytes: LOG_BYTES, rounds: Math.ceil(cycles / ROUNDS_EACH) };
}

/** Of the daemon, and of the engines in the screen and the commands. */
function readWarnings({ daemon, engine }: SoakWorld): readonly string[] {
  const path = join(engine.runRoot, 'engine.log');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return [...daemon.warnings(), ...lines.filter((line) => line !== '')];
}

function addUp(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const [name, count] of all.flatMap(Object.entries<number>)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
