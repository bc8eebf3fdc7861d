import type { Engine } from '../engine/engine.js';
import type { Context, EngineChoice } from '../model/context.js';
import type { Cli } from './command-spec.js';

/** The engines that the screen can go to. */
export interface ScreenEngines {
  /** `current` is the one that flags, variables and `context use` name; undefined where it is named by its address. */
  readContexts(): Promise<{ readonly contexts: readonly Context[]; readonly current: string | undefined }>;
  /** Rejects as the engine's opening does. */
  open(context: string): Promise<Engine>;
  close(engine: Engine): Promise<void>;
}

export function createScreenEngines(
  { env, contexts }: Pick<Cli, 'env' | 'contexts'>,
  choice: EngineChoice,
  engines: Pick<ScreenEngines, 'open' | 'close'>,
): ScreenEngines {
  return {
    ...engines,
    readContexts: async () => {
      const store = await contexts();
      return {
        contexts: store.list(),
        current: nameChosen(choice, env) ?? (isNamed(choice, env) ? store.current() : undefined),
      };
    },
  };
}

/** The context that is asked for by its name. */
function nameChosen({ host, context }: EngineChoice, env: Cli['env']): string | undefined {
  if (host !== undefined || context !== undefined) return context;
  if (env['GANTRY_HOST'] !== undefined) return env['GANTRY_HOST'] === '' ? 'default' : undefined;
  return env['GANTRY_CONTEXT'] || (env['DOCKER_HOST'] ? undefined : env['DOCKER_CONTEXT'] || undefined);
}

/** Nothing asks for an address. */
function isNamed({ host }: EngineChoice, env: Cli['env']): boolean {
  return host === undefined && !env['GANTRY_HOST'] && !env['DOCKER_HOST'];
}
