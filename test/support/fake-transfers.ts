import type { RegistryOptions } from '../../src/engine/engine.js';
import { EngineError } from '../../src/model/errors.js';
import type { PullProgress, PushProgress } from '../../src/model/image.js';
import { AsyncQueue } from './async-queue.js';

type Step = PullProgress | PushProgress;

/** One transfer as a test tells it: its steps, and how it ends. */
export interface FakeTransfer {
  /** Tells a step; the screen sees it when it reads on. */
  step(step: Step): void;
  /** It ends well. */
  finish(): void;
  fail(error: EngineError): void;
  readonly steps: AsyncQueue<Step>;
  readonly failure: () => EngineError | undefined;
  /** The options of the call that runs it; undefined before. */
  options: RegistryOptions | undefined;
}

/** By the complete name, those that the next call with it runs, in their order. */
export interface FakeTransfers {
  readonly pull: Map<string, FakeTransfer[]>;
  readonly push: Map<string, FakeTransfer[]>;
}

/** Another transfer that a call with this name will run. */
export function expectTransfer(transfers: FakeTransfers, kind: 'pull' | 'push', name: string): FakeTransfer {
  const steps = new AsyncQueue<Step>();
  let failure: EngineError | undefined;
  const transfer: FakeTransfer = {
    steps,
    failure: () => failure,
    options: undefined,
    step: (step) => steps.push(step),
    finish: () => steps.end(),
    fail: (error) => {
      failure = error;
      steps.end();
    },
  };
  transfers[kind].set(name, [...(transfers[kind].get(name) ?? []), transfer]);
  return transfer;
}

/** Gives the steps of the transfer that is next under a name. Rejects: not-found, in Docker's words; cancelled. */
export async function* runTransfer<T extends Step>(
  transfers: FakeTransfers,
  kind: 'pull' | 'push',
  { name, ...options }: RegistryOptions & { readonly name: string },
): AsyncGenerator<T> {
  const transfer = transfers[kind].get(name)?.shift();
  if (transfer === undefined) {
    await Promise.reject(new EngineError('not-found', `manifest for ${name} not found: manifest unknown`));
    return;
  }
  transfer.options = options;
  const end = () => transfer.steps.end();
  options.signal?.addEventListener('abort', end, { once: true });
  for await (const step of transfer.steps) yield step as T;
  if (options.signal?.aborted === true) throw new EngineError('cancelled', `the ${kind} of ${name} was cancelled`);
  const failure = transfer.failure();
  if (failure !== undefined) throw failure;
}
