import type { LogConfig } from './container-config.js';
import { EngineRefusal } from './errors.js';
import { parseInteger } from './flags.js';
import { omitUndefined } from './omit-undefined.js';
import { parseBytes } from './units.js';

const OPTIONS: readonly string[] = ['max-size', 'max-file'];

/** `--log-driver` with its `--log-opt`s. Throws invalid-argument in Docker's words. */
export function parseLogConfig(
  driver = 'json-file',
  options: ReadonlyMap<string, string | undefined> = new Map(),
): LogConfig {
  if (driver !== 'json-file' && driver !== 'none') {
    throw new EngineRefusal(`logger: no log driver named '${driver}' is registered`);
  }
  const unknown = [...options.keys()].find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    throw new EngineRefusal(`unknown log opt '${unknown}' for ${driver} log driver`);
  }
  const size = options.get('max-size');
  const files = options.get('max-file');
  return omitUndefined({
    driver,
    maxSizeBytes: size === undefined || size === '-1' ? undefined : parseBytes(size),
    maxFiles: files === undefined ? undefined : parseMaxFiles(files),
  });
}

function parseMaxFiles(text: string): number {
  const count = parseInteger(text, 'strconv.Atoi');
  if (count < 1) {
    throw new EngineRefusal('max-file cannot be less than 1');
  }
  return count;
}
