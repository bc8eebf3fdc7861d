import { EngineError } from '../../model/errors.js';
import type { RunCommand } from '../command-spec.js';

/**
 * Opening the engine takes notice of every exit that happened without one, and removes what `--rm` wants gone. Looking
 * at the container afterwards makes sure that this one is done with; that it is gone is the good case.
 */
export const cleanup: RunCommand = async ({ cli, args }) => {
  const engine = await cli.engine();
  try {
    const container = await engine.containers.inspect(args[0] ?? '');
    if (container.state.status === 'exited' && container.config.autoRemove === true) {
      await engine.containers.remove(container.id, { volumes: true });
    }
  } catch (error) {
    if (!(error instanceof EngineError && (error.kind === 'not-found' || error.kind === 'conflict'))) {
      throw error;
    }
  }
  return 0;
};
