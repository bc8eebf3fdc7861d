import type { Container, ExitedState } from '../model/container.js';
import type { ContainerConfig } from '../model/container-config.js';
import { EngineError } from '../model/errors.js';
import type { ContainerId } from '../model/ids.js';
import type { EmbeddedImage, Platform, PullProgress } from '../model/image.js';
import { describePlatformMismatch, isPlatform } from '../model/platform.js';
import type { AttachedStreams, AttachOptions, CreatedContainer, Engine, StartOptions } from './engine.js';

export interface CreateContainerOptions {
  readonly config: ContainerConfig;
  readonly pull: 'always' | 'missing' | 'never';
  readonly platform?: Platform;
  /** Told when the image is not there and is about to be fetched. */
  readonly onMissing?: () => void;
  /** Told what comes in while an image that is not there is fetched. */
  readonly onPull?: (progress: PullProgress) => void;
}

export interface RunContainerOptions extends CreateContainerOptions {
  /** The streams the caller wants; absent: none, the container runs by itself. */
  readonly attach?: Pick<AttachOptions, 'stdin' | 'stdout' | 'stderr'>;
  readonly terminal?: NonNullable<StartOptions['terminal']>;
  /** Told before the start; what it rejects with leaves the container created. */
  readonly onCreated?: (created: CreatedContainer) => void | Promise<void>;
}

export interface StartedContainer {
  readonly id: ContainerId;
  readonly streams?: AttachedStreams;
  /** Resolves at the exit; with `autoRemove`, once the container is gone. */
  readonly exit: Promise<ExitedState>;
}

/**
 * Create, fetch the image where it is missing, attach, wait, start: in this order, so that neither the first byte of
 * output nor a fast exit is missed. Resolves when the program runs; a start that fails rejects as `start` does.
 */
export async function runContainer(engine: Engine, options: RunContainerOptions): Promise<StartedContainer> {
  const created = await createContainer(engine, options);
  await options.onCreated?.(created);
  const { id } = created;
  return startContainer(engine, await engine.containers.inspect(id), options);
}

/** The second half of `runContainer`, for a container that exists: attach, wait, start. */
export async function startContainer(
  engine: Engine,
  container: Container,
  options: Pick<RunContainerOptions, 'attach' | 'terminal'>,
): Promise<StartedContainer> {
  const { id, config } = container;
  const abort = new AbortController();
  const streams = options.attach === undefined ? undefined : await engine.containers.attach(id, options.attach);
  const condition = config.autoRemove === true ? 'removed' : 'next-exit';
  const exit = engine.containers.wait(id, { condition, signal: abort.signal });
  // A start that fails rejects for itself; nobody may be waiting for the exit then.
  exit.catch(() => undefined);
  try {
    await engine.containers.start(id, options.terminal === undefined ? {} : { terminal: options.terminal });
  } catch (error) {
    abort.abort();
    await streams?.detach();
    if (config.autoRemove === true) {
      await removeFailed(engine, id);
    }
    throw error;
  }
  return { id, exit, ...(streams === undefined ? {} : { streams }) };
}

/** Creates a container; an image that is not there is pulled first, or, where that fails, taken from the embedded ones. */
export async function createContainer(engine: Engine, options: CreateContainerOptions): Promise<CreatedContainer> {
  const { config, pull } = options;
  if (pull === 'always') {
    await fetchImage(engine, options);
  }
  try {
    await checkPlatform(engine, options);
    return await engine.containers.create(config);
  } catch (error) {
    if (pull !== 'missing' || !isMissingImage(error)) {
      throw error;
    }
  }
  options.onMissing?.();
  await fetchImage(engine, options);
  await checkPlatform(engine, options);
  return engine.containers.create(config);
}

/** An image of another platform than is wanted counts as missing. */
async function checkPlatform(engine: Engine, { config, platform }: CreateContainerOptions): Promise<void> {
  if (platform === undefined) return;
  const image = await engine.images.inspect(config.image);
  if (isPlatform(image.platform, platform)) return;
  throw new EngineError('not-found', describePlatformMismatch(config.image, platform, image.platform));
}

function isMissingImage(error: unknown): boolean {
  return (
    error instanceof EngineError &&
    error.kind === 'not-found' &&
    /no such image|not match the specified platform/i.test(error.message)
  );
}

async function fetchImage(engine: Engine, options: CreateContainerOptions): Promise<void> {
  const { image } = options.config;
  try {
    const progress = engine.images.pull(image, options.platform === undefined ? {} : { platform: options.platform });
    for await (const step of progress) {
      options.onPull?.(step);
    }
  } catch (error) {
    const isCancelled = error instanceof EngineError && error.kind === 'cancelled';
    const embedded = isCancelled ? undefined : await findEmbedded(engine, image);
    if (embedded === undefined) {
      throw error;
    }
    options.onPull?.({ phase: 'output', text: `using the embedded image ${embedded.name}: ${embedded.description}` });
    await engine.images.addEmbedded(embedded.name);
  }
}

async function findEmbedded(engine: Engine, image: string): Promise<EmbeddedImage | undefined> {
  const name = image.replace(/:latest$/, '');
  const all = await engine.images.embedded();
  return all.find((candidate) => candidate.name === name && candidate.unavailable === undefined);
}

/** `--rm` holds for a start that failed too; the engine may have been faster. */
async function removeFailed(engine: Engine, id: ContainerId): Promise<void> {
  try {
    await engine.containers.remove(id, { force: true, volumes: true });
  } catch (error) {
    if (!(error instanceof EngineError && (error.kind === 'not-found' || error.kind === 'conflict'))) {
      throw error;
    }
  }
}
