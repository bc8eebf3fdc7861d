import { readFileSync, statSync } from 'node:fs';
import { EngineError, messageOf } from '../../../../model/errors.js';

export interface FreshFileOptions<T> {
  readonly path: string;
  /** Rejects: invalid-argument. */
  readonly parse: (text: string) => T;
  readonly nowMs: () => number;
  /** Told when a changed file cannot be used; what was read before stays. */
  readonly warn: (message: string) => void;
}

const LOOK_MS = 1000;

/**
 * What a file says, read again when it has changed; it is looked at once a second at most. Rejects at the first reading:
 * invalid-argument, with the file's name.
 */
export function openFreshFile<T>({ path, parse, nowMs, warn }: FreshFileOptions<T>): () => T {
  const load = (): T => {
    try {
      return parse(readFileSync(path, 'utf8'));
    } catch (cause) {
      throw new EngineError('invalid-argument', `cannot use ${path}: ${messageOf(cause)}`, { cause });
    }
  };
  let stamp = stampOf(path);
  let value = load();
  let lookedAtMs = nowMs();
  return () => {
    if (nowMs() - lookedAtMs < LOOK_MS) return value;
    lookedAtMs = nowMs();
    const found = stampOf(path);
    if (found === stamp) return value;
    stamp = found;
    try {
      value = load();
    } catch (error) {
      warn(`${messageOf(error)}: what it said before holds`);
    }
    return value;
  };
}

function stampOf(path: string): string {
  const status = statSync(path, { throwIfNoEntry: false, bigint: true });
  return status === undefined ? '' : `${status.mtimeNs} ${status.ino} ${status.size}`;
}
