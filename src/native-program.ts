import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from './model/errors.js';

/**
 * Path of gantry-init, beside the compiled sources and beside the bundles alike: what this machine has compiled, else what a package has
 * for its processor (docs/adr/0038). Throws unavailable.
 */
export function findNativeProgram(
  folder = join(import.meta.dirname, '../native'),
  processor: string = process.arch,
): string {
  const found = ['gantry-init', `${processor}/gantry-init`].map((name) => join(folder, name)).find(existsSync);
  if (found !== undefined) return found;
  throw new EngineError('unavailable', `there is no gantry-init for ${processor} in ${folder}`);
}
