import { readFileSync } from 'node:fs';
import { EngineError } from '../../../model/errors.js';

/** A configuration file, whole; undefined where there is none. Throws: invalid-argument (it cannot be read). */
export function readConfigFile(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new EngineError('invalid-argument', `cannot read ${path}: ${String(error)}`, { cause: error });
  }
}
