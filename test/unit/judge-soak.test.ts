import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeSoak } from '../support/soak/judge-soak.js';
import { COUNTED, type Counts, type Memory, type Sample } from '../support/soak/soak-sample.js';

const MIB = 2 ** 20;

/** A run in which nothing is left, but for what `change` says of the sample of a number. */
function makeRun(count: number, change: (index: number) => Partial<Sample> = () => ({})): readonly Sample[] {
  const memory: Memory = { live: 20 * MIB, resident: 100 * MIB, proportional: 60 * MIB };
  return Array.from({ length: count }, (_, index) => ({
    ...{ cycles: 250 * index, seconds: index, counts: makeCounts(5), paths: ['a'], daemon: memory, screen: memory },
    ...{ diskBytes: 8 * MIB, databaseBytes: 4 * MIB, machine: { slabBytes: 0, memoryCgroups: 0 } },
    ...change(index),
  }));
}

function makeCounts(count: number): Counts {
  return Object.fromEntries(COUNTED.map((name) => [name, count])) as Counts;
}

test('a soak that ends as it began is whole', () => {
  assert.deepEqual(judgeSoak(makeRun(41)), []);
});

test('each count must come back after each piece, and a file that was not there is named', () => {
  const counts = { ...makeCounts(5), cgroups: 6 };
  const found = judgeSoak(makeRun(4, (index) => (index === 2 ? { counts } : index === 3 ? { paths: ['a', 'b'] } : {})));
  assert.deepEqual(found, ['after 500 cycles, cgroups: 5 before, 6 after', 'a file: b']);
});

test('what grows with the cycles is found, and what is loaded once or fluctuates is not', () => {
  const withLive = (toLive: (index: number) => number) => (index: number) => {
    const live = toLive(index);
    return { daemon: { live, resident: 100 * MIB, proportional: 60 * MIB } };
  };
  assert.deepEqual(
    judgeSoak(
      makeRun(
        41,
        withLive((index) => (20 + 0.11 * index) * MIB),
      ),
    ),
    ['what lives in the daemon grows by 1.1 MiB in a quarter of the run'],
  );
  assert.deepEqual(
    judgeSoak(
      makeRun(
        41,
        withLive((index) => (index < 10 ? 20 : 25) * MIB),
      ),
    ),
    [],
  );
  assert.deepEqual(
    judgeSoak(
      makeRun(
        41,
        withLive((index) => (index % 2 === 0 ? 20 : 25) * MIB),
      ),
    ),
    [],
  );
  const found = judgeSoak(makeRun(41, (index) => ({ databaseBytes: 4 * MIB + index * 40_960 })));
  assert.deepEqual(found, ['the database grows by 0.4 MiB in a quarter of the run']);
});

test('of few samples the end is judged alone', () => {
  const toMemory = (live: number): Memory => ({ live, resident: 100 * MIB, proportional: 60 * MIB });
  const run = (more: number) => makeRun(3, (index) => ({ screen: toMemory((20 + more * index) * MIB) }));
  assert.deepEqual(judgeSoak(run(2)), []);
  assert.deepEqual(judgeSoak(run(7)), ['more living in the screen at the end: 14.0 MiB']);
});
