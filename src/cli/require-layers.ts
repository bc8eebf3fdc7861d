import type { Engine, LayerService } from '../engine/engine.js';
import { EngineError } from '../model/errors.js';

/** Rejects: not-implemented (an endpoint that cannot tell). */
export function requireLayers({ layers }: Engine): LayerService {
  if (layers === undefined) throw new EngineError('not-implemented', 'this engine does not tell of layers');
  return layers;
}
