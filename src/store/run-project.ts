import type { Engine } from '../engine/engine.js';
import type { Container, ContainerState } from '../model/container.js';
import { messageOf } from '../model/errors.js';
import type { ContainersStore } from './containers-store.js';
import { type Dependencies, type Dependency, readDependencies } from './project-order.js';
import type { ViewStore } from './view-store.js';

/** How long a container waits for one that it depends on to be healthy or done. */
const WAIT_MS = 120_000;

export interface ProjectRun {
  /** All of the project. */
  readonly members: readonly Container[];
  /** Those of them that it is done to. */
  readonly containers: readonly Container[];
  readonly order: 'dependencies-first' | 'dependents-first';
  perform(container: Container): Promise<boolean>;
}

/** Does something to the containers of a project in the order of what they depend on; what does not depend on each other side by side. */
export type RunProject = (run: ProjectRun) => Promise<void>;

export interface ProjectRunNeeds {
  readonly engine: Engine;
  readonly containers: ContainersStore;
  readonly view: ViewStore;
  /** Nothing is waited for after that. */
  readonly signal: AbortSignal;
  readonly waitMs?: number;
}

export function createProjectRunner(needs: ProjectRunNeeds): RunProject {
  return async ({ members, containers, order, perform }) => {
    const dependencies = readDependencies(members);
    if (order === 'dependents-first') {
      const dependents = (of: Container) => containers.filter((each) => dependsOn(dependencies, each, of));
      // A dependent that does not stop keeps nothing else from being stopped.
      await runInOrder(containers, dependents, perform);
      return;
    }
    const first = (of: Container) => containers.filter((each) => dependsOn(dependencies, of, each));
    await runInOrder(containers, first, async (container, areDone) => {
      if (!areDone) return false;
      const failure = await waitForAll(container, dependencies.get(container) ?? [], needs);
      if (failure === undefined) return perform(container);
      needs.view.say('error', `${container.name} is not started: ${failure}`);
      return false;
    });
  };
}

function dependsOn(dependencies: Dependencies, container: Container, other: Container): boolean {
  return (dependencies.get(container) ?? []).some((each) => each.container === other);
}

/** Each once, when it is known of all that `before` gives for it whether they are done. */
async function runInOrder(
  containers: readonly Container[],
  before: (container: Container) => readonly Container[],
  perform: (container: Container, areDone: boolean) => Promise<boolean>,
): Promise<void> {
  const runs = new Map<Container, Promise<boolean>>();
  const run = (container: Container): Promise<boolean> => {
    const known = runs.get(container);
    if (known !== undefined) return known;
    const running = Promise.all(before(container).map(run)).then((done) => perform(container, done.every(Boolean)));
    runs.set(container, running);
    return running;
  };
  await Promise.all(containers.map(run));
}

/** Gives what is wrong with the first that cannot be waited for any more; undefined: all are as they have to be. */
async function waitForAll(
  { name }: Container,
  dependencies: readonly Dependency[],
  { engine, containers, view, signal, waitMs = WAIT_MS }: ProjectRunNeeds,
): Promise<string | undefined> {
  const waited = dependencies.filter(({ condition }) => condition !== 'started');
  if (waited.length === 0) return undefined;
  view.say('busy', `${name} waits for ${waited.map(({ container }) => container.name).join(', ')}`);
  const bound = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
  const results = await Promise.all(
    waited.map(async ({ container, condition }) => {
      try {
        const wait = condition === 'healthy' ? waitForHealth : waitForEnd;
        return await wait(container, { engine, containers }, bound);
      } catch (error) {
        const wanted = condition === 'healthy' ? 'healthy' : 'done';
        return bound.aborted ? `${container.name} is not ${wanted} after ${waitMs / 1000} s` : messageOf(error);
      }
    }),
  );
  return results.find((failure) => failure !== undefined);
}

type Watched = Pick<ProjectRunNeeds, 'engine' | 'containers'>;

async function waitForEnd({ id, name }: Container, { engine }: Watched, signal: AbortSignal) {
  const { exitCode } = await engine.containers.wait(id, { signal });
  return exitCode === 0 ? undefined : `${name} has ended with ${exitCode}`;
}

function describeHealth(state: ContainerState): string {
  switch (state.status) {
    case 'running':
    case 'paused':
      return state.health === undefined ? 'has no health check' : `is ${state.health.status}`;
    case 'restarting':
      return 'is starting';
    default:
      return 'has ended';
  }
}

/** Reads it when the store says that it has changed: the store may still have what was before the start. */
async function waitForHealth({ id, name }: Container, { engine, containers }: Watched, signal: AbortSignal) {
  let wake = () => {};
  const stop = containers.subscribe((now, before) => {
    if (now.byId.get(id) !== before.byId.get(id)) wake();
  });
  const onAbort = () => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      signal.throwIfAborted();
      const health = describeHealth((await engine.containers.inspect(id)).state);
      if (health === 'is healthy') return undefined;
      if (health !== 'is starting') return `${name} ${health}`;
      await changed;
    }
  } finally {
    stop();
    signal.removeEventListener('abort', onAbort);
  }
}
