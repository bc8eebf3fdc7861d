import type { Engine } from '../engine/engine.js';
import { type Context, type EngineChoice, nameContext } from '../model/context.js';
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
      return { contexts: store.list(), current: nameContext(choice, env, store.current) };
    },
  };
}
