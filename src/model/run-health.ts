import type { Healthcheck } from './container-config.js';
import { EngineError } from './errors.js';
import type { Flags } from './flags.js';
import { omitUndefined } from './omit-undefined.js';

const TIMES = ['health-interval', 'health-timeout', 'health-start-period', 'health-start-interval'] as const;

/** The health check that `--health-…` and `--no-healthcheck` ask for; undefined where none is given. */
export function parseHealthcheck(flags: Flags): Healthcheck | undefined {
  const command = flags.text('health-cmd');
  const retries = flags.int('health-retries');
  const times = Object.fromEntries(TIMES.map((name) => [name, readTime(flags, name)]));
  const isGiven = command !== undefined || retries !== undefined || TIMES.some((name) => times[name] !== undefined);
  if (flags.isSet('no-healthcheck')) {
    if (isGiven) {
      throw new EngineError('invalid-argument', '--no-healthcheck conflicts with --health-* options');
    }
    return { test: ['NONE'] };
  }
  if (retries !== undefined && retries < 0) {
    throw new EngineError('invalid-argument', '--health-retries cannot be negative');
  }
  if (!isGiven) {
    return undefined;
  }
  return omitUndefined({
    test: command === undefined || command === '' ? undefined : ['CMD-SHELL', command],
    intervalMs: times['health-interval'],
    timeoutMs: times['health-timeout'],
    startPeriodMs: times['health-start-period'],
    startIntervalMs: times['health-start-interval'],
    retries,
  });
}

function readTime(flags: Flags, name: (typeof TIMES)[number]): number | undefined {
  const ms = flags.durationMs(name);
  if (ms !== undefined && ms < 0) {
    throw new EngineError('invalid-argument', `--${name} cannot be negative`);
  }
  if (ms !== undefined && ms !== 0 && ms < 1) {
    throw new EngineError('invalid-argument', `--${name} cannot be less than 1ms`);
  }
  return ms === 0 ? undefined : ms;
}
