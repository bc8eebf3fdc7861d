import type { EngineLocation } from './cli/run-cli.js';
import type { Engine } from './engine/engine.js';
import { EngineError } from './model/errors.js';

/** The engine of this process. Rejects: unavailable. */
export function openEngine(location: EngineLocation): Promise<Engine> {
  const where = location.host ?? location.root ?? 'the default root';
  return Promise.reject(new EngineError('unavailable', `no engine can be opened at ${where}`));
}
