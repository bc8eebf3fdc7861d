import { EngineError } from '../../model/errors.js';

/** What `act` gives, or its failure with words before it. */
export function prefixError<T>(prefix: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.kind, `${prefix}${error.message}`, { cause: error });
  }
}
