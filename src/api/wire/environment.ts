import { EngineError } from '../../model/errors.js';
import { type Environment, joinEnvironment } from '../../model/run-environment.js';

/**
 * Docker's list of `NAME=value`. A name alone takes the variable away that the image, or the container of an exec, would give. Throws
 * invalid-argument.
 */
export function fromWireEnvironment(texts: readonly string[] = []): Environment {
  const unnamed = texts.find((text) => text === '' || text.startsWith('='));
  if (unnamed !== undefined) throw new EngineError('invalid-argument', `invalid environment variable: ${unnamed}`);
  return joinEnvironment(texts);
}

/** The other direction. */
export function toWireEnvironment({ env = {}, unsetEnv = [] }: Environment): readonly string[] {
  return [...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...unsetEnv];
}
