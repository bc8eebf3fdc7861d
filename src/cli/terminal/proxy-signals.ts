import type { Engine } from '../../engine/engine.js';
import type { ContainerId } from '../../model/ids.js';

/** Passes a signal on to a container; one that has just ended takes none, which is no error. */
export function proxySignals(engine: Engine, id: ContainerId): (signal: NodeJS.Signals) => void {
  return (signal) => {
    engine.containers.kill(id, signal).catch(() => undefined);
  };
}
