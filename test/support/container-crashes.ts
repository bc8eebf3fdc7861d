import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { cgroupParentOf } from '../../src/engine/system.js';
import type { Container } from '../../src/model/container.js';
import { isActive } from '../../src/model/container-state.js';
import { EngineError } from '../../src/model/errors.js';
import { isLocked } from '../../src/platform/file-lock.js';
import { assertWhole } from './check-state.js';
import { type ContainerOperation, listContainerOperations } from './container-operations.js';
import type { Found } from './crash-results.js';
import { type CrashWorld, type LaunchVictim, makeCrashWorld, type TraceLengths, type Victim } from './crash-world.js';
import { listCgroups } from './engine-world.js';
import { type LeakCheck, makeLeakCheck } from './leak-check.js';
import { type CrashPoint, formatPoint, isOfFile, type TracedCall } from './system-calls.js';
import { waitUntil } from './wait-until.js';

export interface ContainerWorld {
  readonly world: CrashWorld;
  readonly cgroupParent: string;
  readonly leaks: LeakCheck;
}

export interface Attempt {
  readonly operation: ContainerOperation;
  readonly victim: Victim | LaunchVictim;
  readonly point?: CrashPoint;
}

const DEFAULT_ROOT = '/var/lib/gantry';

/** A state root with the image `busybox`, and what there is to be done on it. */
export async function makeContainerWorld(t: TestContext) {
  const world = makeCrashWorld(t, 'overlay2');
  const cgroupParent = cgroupParentOf(world.options.root, DEFAULT_ROOT);
  t.after(() => {
    for (const path of listCgroups(cgroupParent)) rmdirSync(path);
  });
  await (await world.open({ cgroupParent })).close();
  world.keep();
  const file = join(world.folder, 'file');
  const archive = join(world.folder, 'file.tar');
  writeFileSync(file, Buffer.alloc(300_000, 7));
  execFileSync('tar', ['-C', world.folder, '-cf', archive, 'file']);
  const place: ContainerWorld = { world, cgroupParent, leaks: makeLeakCheck({ ...world.options, cgroupParent }) };
  return { place, operations: listContainerOperations(file, archive) };
}

export function isLaunchVictim(victim: Attempt['victim']): victim is LaunchVictim {
  return victim === 'monitor' || victim === 'first process';
}

/** The operation is done once, traced. */
export async function listPoints(prepared: ContainerWorld, attempt: Attempt): Promise<readonly TracedCall[]> {
  const { world, cgroupParent } = prepared;
  const { operation, victim } = attempt;
  await world.reset();
  if (isLaunchVictim(victim)) {
    const lengths = await launch(prepared, attempt);
    await clear(prepared, operation.name);
    return world.listLaunchPoints(victim, lengths);
  }
  await prepare(prepared, operation);
  const { root, runRoot } = world.options;
  // What unpacks is in the container's root, and whatever it does is of that.
  const places = { engine: [root, runRoot, cgroupParent, '<socket:['], unpack: [''] };
  return world.listPoints(
    operation.words ?? [],
    victim,
    ...(victim === 'walk' || victim === 'spawn' ? [root] : places[victim]),
  );
}

async function prepare({ world, cgroupParent }: ContainerWorld, { before }: ContainerOperation): Promise<void> {
  const engine = await world.open({ cgroupParent });
  await before?.(engine);
  await engine.close();
}

/** By an engine of this process, which lives on when its monitor is ended. */
async function launch(
  prepared: ContainerWorld,
  { operation, victim, point }: Attempt,
): Promise<TraceLengths | undefined> {
  const { world, cgroupParent } = prepared;
  if (!isLaunchVictim(victim)) throw new Error(`${victim} is started by a command`);
  if (operation.isOfRunning !== true) await prepare(prepared, operation);
  const engine = await world.open({ cgroupParent, program: world.traceLaunches(victim, point) });
  try {
    if (operation.isOfRunning === true) await operation.before?.(engine);
    const lengths = operation.isOfRunning === true ? world.readTraceLengths() : undefined;
    await operation.act(engine);
    return lengths;
  } finally {
    await waitForMonitors(engine, world.options.runRoot);
    await engine.close();
  }
}

/** Those of containers that have ended, which is told before the monitor's own end: the next engine is to find that, and not what is going on. */
async function waitForMonitors(engine: Engine, runRoot: string): Promise<void> {
  for (const { id, name, state } of await engine.containers.list({ all: true })) {
    if (!isActive(state))
      await waitUntil(`the end of the monitor of ${name}`, () => !isLocked(join(runRoot, 'locks', id)));
  }
}

/** How it ended: true where it had not done its work. */
async function end(prepared: ContainerWorld, attempt: Attempt): Promise<boolean> {
  const { operation, victim, point } = attempt;
  if (isLaunchVictim(victim)) {
    try {
      await launch(prepared, attempt);
      return false;
    } catch (error) {
      // The engine says what has become of it.
      assert.ok(error instanceof EngineError, `${operation.name}: ${String(error)}`);
      return true;
    }
  }
  await prepare(prepared, operation);
  if (point === undefined) throw new Error('no point to end it at');
  const { code, output, failed } = await prepared.world.crash(operation.words ?? [], victim, point);
  // Node ends where its threads cannot be woken: that is no disk's fault, and it has no words for it.
  const isJudged = failed !== undefined && isOfFile(failed) && code !== 0;
  if (isJudged) assertClear(output, `${operation.name}: ${formatPoint(point)}: ${failed.call}(${failed.rest}`);
  return code !== 0;
}

/** Words of what failed, not of where in the program. */
function assertClear(output: string, when: string): void {
  assert.match(output, /\w+ \w+/, when);
  assert.doesNotMatch(output, /^\s+at |node:internal|undefined/m, `${when}: ${output}`);
}

export async function tryPoint(
  prepared: ContainerWorld,
  attempt: Attempt & { readonly point: CrashPoint },
): Promise<Found> {
  const { operation, victim, point } = attempt;
  const { world, cgroupParent } = prepared;
  const when = `${operation.name}: ${victim} at ${formatPoint(point)}`;
  await world.reset();
  let found: Found;
  try {
    const wasEnded = await end(prepared, attempt);
    const engine = await world.open({ cgroupParent });
    try {
      await assertWhole(engine, when, { quick: true });
      await assertAllTrue(prepared, engine, attempt, when);
      const isDone = await operation.isDone(engine);
      if (point.error !== undefined && !wasEnded) assert.ok(isDone, `${when}: it said that it was done`);
      await doAgain(engine, operation);
      assert.equal(await operation.isDone(engine), true, `${when}: done again`);
      await assertWhole(engine, `${when}, and done again`, { quick: true });
      found = { wasEnded, isDone };
    } finally {
      await engine.close();
    }
  } catch (error) {
    // The next point is to begin on what is clean.
    await clear(prepared, when).catch(() => undefined);
    throw new Error(when, { cause: error });
  }
  await clear(prepared, when);
  return found;
}

async function assertAllTrue(
  prepared: ContainerWorld,
  engine: Engine,
  { operation, point }: Attempt,
  when: string,
): Promise<void> {
  // A removal that the disk has refused is told, and left to be done again.
  const atRest = [...AT_REST, ...(point?.error === undefined ? [] : ['dead'])];
  const look = async (): Promise<void> => {
    for (const found of await engine.containers.list({ all: true })) assertTrue(prepared, found, { when, atRest });
  };
  if (operation.isOnItsOwn === true)
    await waitUntil(when, () =>
      look().then(
        () => true,
        () => false,
      ),
    ).catch(look);
  else await look();
}

async function doAgain(engine: Engine, { act, done = [] }: ContainerOperation): Promise<void> {
  try {
    await act(engine);
  } catch (error) {
    if (!(error instanceof EngineError) || !done.includes(error.kind)) throw error;
  }
}

/** What a row says of a container is what the kernel has. */
const AT_REST: readonly string[] = ['created', 'exited'];

function assertTrue(
  { world, cgroupParent }: ContainerWorld,
  { id, state, limits }: Container,
  { when, atRest }: { readonly when: string; readonly atRest: readonly string[] },
): void {
  const isRunning = isActive(state);
  const text = `${when}: ${JSON.stringify(state)}`;
  assert.ok(isRunning || atRest.includes(state.status), text);
  const group = `${cgroupParent}/${id}`;
  assert.equal(
    readdirSync('/sys/fs/cgroup').some((name) => existsSync(join('/sys/fs/cgroup', name, group))),
    isRunning,
    text,
  );
  assert.equal(isLocked(join(world.options.runRoot, 'locks', id)), isRunning, text);
  if (state.status === 'running' || state.status === 'paused') assert.ok(existsSync(`/proc/${state.init.pid}`), text);
  if (!isRunning) return;
  const frozen = readFirst(group, 'unified/%/cgroup.freeze', '%/cgroup.freeze') ?? '0';
  assert.equal(frozen, state.status === 'paused' ? '1' : '0', `${text}: cgroup.freeze`);
  if (limits.memoryBytes === undefined) return;
  const memory = readFirst(group, 'memory/%/memory.limit_in_bytes', '%/memory.max');
  assert.equal(Number(memory), limits.memoryBytes, `${text}: memory limit`);
}

function readFirst(group: string, ...patterns: readonly string[]): string | undefined {
  const paths = patterns.map((pattern) => join('/sys/fs/cgroup', pattern.replace('%', group)));
  const path = paths.find((one) => existsSync(one));
  return path === undefined ? undefined : readFileSync(path, 'utf8').trim();
}

/** Everything is removed, and nothing is left of it. */
export async function clear({ world, cgroupParent, leaks }: ContainerWorld, when: string): Promise<void> {
  const engine = await world.open({ cgroupParent });
  for (const { id } of await engine.containers.list({ all: true })) {
    await engine.containers.remove(id, { force: true, volumes: true });
  }
  await engine.volumes.prune({ all: true });
  await engine.close();
  const volumes = join(world.options.root, 'volumes');
  const left = readdirSync(volumes, { recursive: true }).filter((name) => name !== '.staging' && name !== '.leaving');
  assert.deepEqual(left, [], when);
  await leaks.assertNothingLeft(when);
}
