import type { ContainerProcess } from '../../model/container.js';
import type { ContainerConfig, Healthcheck } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { ImageConfig } from '../../model/image.js';

/**
 * The image's and the user's settings joined by Docker's rules: an entrypoint of the user's own takes the image's command
 * away too; the user's variables come first, then those of the image that they neither replace nor unset.
 */
export function joinProcess(config: ContainerConfig, image: ImageConfig): ContainerProcess {
  const [path, ...args] = joinCommand(config, image);
  if (path === undefined || path === '') throw new EngineError('invalid-argument', 'no command specified');
  return {
    path,
    args,
    env: { ...config.env, ...without(image.env ?? {}, [...Object.keys(config.env ?? {}), ...(config.unsetEnv ?? [])]) },
    workingDir: config.workingDir || image.workingDir || '/',
    user: config.user ?? image.user ?? '',
    stopSignal: config.stopSignal ?? image.stopSignal ?? 'SIGTERM',
  };
}

function joinCommand(config: ContainerConfig, image: ImageConfig): readonly string[] {
  if (config.entrypoint !== undefined) return [...config.entrypoint, ...(config.command ?? [])];
  return [...(image.entrypoint ?? []), ...(config.command ?? image.command ?? [])];
}

function without(all: Readonly<Record<string, string>>, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
}

/** Undefined where there is none, or where the user took it away with NONE. */
export function joinHealthcheck(config: ContainerConfig, image: ImageConfig): Healthcheck | undefined {
  const joined = { ...image.healthcheck, ...config.healthcheck };
  const [kind] = joined.test ?? [];
  return kind === undefined || kind === 'NONE' ? undefined : joined;
}
