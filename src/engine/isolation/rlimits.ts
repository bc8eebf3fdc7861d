import type { Ulimit } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { SpecRlimit } from './oci-spec.js';

/** RLIM_INFINITY as a double; the plan says `unlimited`, spec-text.ts 2^64-1. */
export const UNLIMITED = 2 ** 64;

/** getrlimit(2), without RLIMIT_. */
const NAMES = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
];

/** `--ulimit` as the OCI spec says it. Throws invalid-argument with Docker's words. */
export function toRlimits(ulimits: readonly Ulimit[]): readonly SpecRlimit[] {
  return ulimits.map(({ name, soft, hard }) => {
    if (!NAMES.includes(name)) {
      throw new EngineError('invalid-argument', `invalid ulimit type: ${name}`);
    }
    const softLimit = soft < 0 ? UNLIMITED : soft;
    const hardLimit = hard < 0 ? UNLIMITED : hard;
    if (softLimit > hardLimit) {
      throw new EngineError(
        'invalid-argument',
        `ulimit soft limit must be less than or equal to hard limit: ${soft} > ${hard}`,
      );
    }
    return { type: `RLIMIT_${name.toUpperCase()}`, soft: softLimit, hard: hardLimit };
  });
}
