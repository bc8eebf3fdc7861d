import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  type Attempt,
  type ContainerWorld,
  clear,
  isLaunchVictim,
  listPoints,
  makeContainerWorld,
  tryPoint,
} from '../support/container-crashes.js';
import { CRASH_CASES } from '../support/crash-cases.js';
import { isLeft, tellCrashes, tryPoints } from '../support/crash-results.js';
import { requires } from '../support/requires.js';
import { crashMode, samplePoints, type TracedCall } from '../support/system-calls.js';

const needs = requires('root', 'overlay', 'command:strace', 'command:busybox', 'command:cc');
const timeout = crashMode.isSample ? 300_000 : 7_200_000;

/** What a run that is not the full one tries of the command itself, where an ending costs a second; of the monitors one each. */
const SAMPLED: Readonly<Record<string, (calls: readonly TracedCall[]) => readonly TracedCall[]>> = {
  // Where folders come and take their names, which is where a container could be left half made.
  create: (calls) => calls.filter(({ call }) => /^(mkdir|rename)/.test(call)),
  start: (calls) => calls.filter(isOfKernel),
  // The kernel has it, the row has not.
  update: (calls) => calls.slice(calls.findLastIndex(isOfKernel) + 1, calls.findLastIndex(isOfKernel) + 2),
  pause: (calls) => calls.slice(calls.findLastIndex(isOfKernel) + 1, calls.findLastIndex(isOfKernel) + 2),
};

function isOfKernel({ rest }: TracedCall): boolean {
  return rest.includes('/cgroup/');
}

test('what is killed while it changes containers and volumes leaves what the next engine puts in order', {
  ...needs,
  timeout,
}, async (t) => {
  const { place, operations } = await makeContainerWorld(t);
  for (const operation of operations) {
    const cases = CRASH_CASES.filter(
      ({ operation: name, storage }) => name === operation.name && storage === 'overlay2',
    );
    assert.ok(cases.length > 0, operation.name);
    for (const { killed } of cases.filter(isLeft)) {
      const victim = killed as Attempt['victim'];
      await t.test(`${operation.name}: ${killed}`, { timeout }, (t) => tryAll(t, place, { operation, victim }));
    }
  }
});

async function tryAll(t: TestContext, place: ContainerWorld, attempt: Attempt): Promise<void> {
  const { operation, victim } = attempt;
  const choose =
    victim === 'engine'
      ? SAMPLED[operation.name]
      : isLaunchVictim(victim)
        ? (calls: readonly TracedCall[]) => calls
        : undefined;
  if (crashMode.isSample && choose === undefined) return t.skip(crashMode.text);
  const all = await listPoints(place, attempt);
  await clear(place, `${operation.name}, not killed`);
  assert.ok(all.length > 0, 'there is nothing to kill it at');
  const points = samplePoints(crashMode.isSample && choose ? choose(all) : all, 1);
  const tried = await tryPoints(points, (point) => tryPoint(place, { ...attempt, point }));
  tellCrashes(t, { operation: operation.name, storage: 'overlay2', killed: victim, calls: all.length, ...tried });
}
