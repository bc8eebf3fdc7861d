import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { EngineError } from '../../src/model/errors.js';
import { createRandom, mutateBytes, mutateJson, type Random } from './mutate.js';

export const IS_FULL = process.env['GANTRY_TEST_SECURITY'] === 'full';

/** Always the same in a run of all tests; another one in each long run, which says it, and may be told it again. */
const SEED = Number(process.env['GANTRY_TEST_SEED'] ?? (IS_FULL ? Date.now() % 2 ** 31 : 1));
const FULL_MS = Number(process.env['GANTRY_TEST_FUZZ_MS'] ?? 20_000);

/** The longest that a reader may take for one input, and the most that it may keep of all of them. */
const INPUT_MS = 5000;
const KEPT_BYTES = 256 << 20;

export interface FuzzTarget<Input> {
  /** Of a run of all tests; a long run goes on for its time. */
  readonly rounds: number;
  readonly make: (random: Random) => Input;
  /** What is tried before: findings of earlier runs among it. */
  readonly first?: readonly Input[];
  /** Resolves, or rejects with a refusal: anything else is a finding. */
  readonly run: (input: Input) => unknown;
  /** An error of another class that is a refusal too. */
  readonly isRefusal?: (error: unknown) => boolean;
}

/** Inputs that were kept, by name: the corpus, and every one that was a finding once. */
export function readCorpus(folder: string): readonly Buffer[] {
  const path = join('test/corpus', folder);
  return readdirSync(path)
    .sort()
    .map((name) => readFileSync(join(path, name)));
}

/** The target with inputs from the seed, until its rounds or its time are over. A finding tells seed, round and input. */
export async function fuzz<Input>(t: TestContext, target: FuzzTarget<Input>): Promise<void> {
  const isRefusal = target.isRefusal ?? (() => false);
  const before = measureKept();
  const first = target.first ?? [];
  const end = performance.now() + FULL_MS;
  let [round, refused] = [0, 0];
  for (; round < first.length || (IS_FULL ? performance.now() < end : round < target.rounds); round++) {
    // Each round has numbers of its own, so that one can be repeated alone.
    const input = first[round] ?? target.make(createRandom(SEED + round * 0x9e37));
    const start = performance.now();
    try {
      await target.run(input);
    } catch (error) {
      if (!(error instanceof EngineError) && !isRefusal(error)) {
        throw new Error(`seed ${SEED}, round ${round}: ${show(input)}`, { cause: error });
      }
      refused++;
    }
    const took = performance.now() - start;
    assert.ok(took < INPUT_MS, `seed ${SEED}, round ${round}: ${took.toFixed(0)} ms for ${show(input)}`);
  }
  const kept = measureKept() - before;
  assert.ok(kept < KEPT_BYTES, `${kept} bytes are kept after ${round} rounds of seed ${SEED}`);
  assert.ok(refused > 0, 'nothing was ever refused');
  t.diagnostic(`seed ${SEED}: ${round} inputs, ${refused} of them refused`);
}

/** Inputs that are much like those of a corpus, with some bytes changed. */
export function bytesOf(corpus: readonly Buffer[]): Pick<FuzzTarget<Buffer>, 'first' | 'make'> {
  return { first: corpus, make: (random) => mutateBytes(random, corpus) };
}

/** The same of JSON: sometimes bytes are changed, else values. */
export function jsonOf(corpus: readonly Buffer[]): Pick<FuzzTarget<Buffer>, 'first' | 'make'> {
  const documents = corpus.map((bytes) => JSON.parse(bytes.toString()) as unknown);
  const make = (random: Random): Buffer =>
    random(4) === 0 ? mutateBytes(random, corpus) : Buffer.from(JSON.stringify(mutateJson(random, documents)));
  return { first: corpus, make };
}

function measureKept(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function show(input: unknown): string {
  const bytes = input instanceof Uint8Array ? Buffer.from(input) : Buffer.from(JSON.stringify(input) ?? 'undefined');
  return bytes.length <= 6000
    ? bytes.toString('base64')
    : `${bytes.toString('base64', 0, 6000)}… (${bytes.length} bytes)`;
}
