import type { RestartPolicy } from './container-config.js';
import { EngineError, EngineRefusal } from './errors.js';
import { type Flags, parseInteger } from './flags.js';
import type { DeviceRate, DeviceWeight, Limits, LimitsPatch } from './limits.js';
import { nonEmpty, omitUndefined } from './omit-undefined.js';
import { parseBytes } from './units.js';

/** The limits that the flags of `run` ask for; a flag that says "no limit" leaves its field out. */
export function parseLimits(flags: Flags): Limits {
  const patch = { ...parseLimitsPatch(flags), ...parseCreateOnlyLimits(flags) };
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== null));
}

/**
 * The change that the flags of `update` ask for. 0 (for memory, cpus, shares, weight) and -1 (for pids, quota and swap)
 * lift a limit; `--memory-swap -1` is unlimited swap.
 */
export function parseLimitsPatch(flags: Flags): LimitsPatch {
  return omitUndefined({
    memoryBytes: toPatch(flags.read('memory', parseBytesOrLift)),
    memorySwapBytes: flags.read('memory-swap', parseSwap),
    memoryReservationBytes: toPatch(flags.read('memory-reservation', parseBytesOrLift)),
    nanoCpus: toPatch(flags.read('cpus', parseCpus)),
    cpuPeriodUs: toPatch(flags.int('cpu-period')),
    cpuQuotaUs: toPatch(flags.int('cpu-quota')),
    cpuRtPeriodUs: toPatch(flags.int('cpu-rt-period')),
    cpuRtRuntimeUs: toPatch(flags.int('cpu-rt-runtime')),
    cpuShares: toPatch(flags.int('cpu-shares')),
    cpusetCpus: toTextPatch(flags.text('cpuset-cpus')),
    cpusetMems: toTextPatch(flags.text('cpuset-mems')),
    pidsMax: toPatch(flags.int('pids-limit')),
    blkioWeight: toPatch(flags.uint('blkio-weight')),
  });
}

/** `--restart` as a policy. Throws invalid-argument with Docker's words. */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [name, count, ...more] = text.split(':');
  if (more.length > 0) {
    throw new EngineError('invalid-argument', 'invalid restart policy format');
  }
  const maxRetries = count === undefined ? undefined : parseRetries(count);
  switch (name) {
    case 'on-failure':
      return maxRetries === undefined ? { name } : { name, maxRetries };
    case 'no':
    case 'always':
    case 'unless-stopped':
      if (maxRetries !== undefined) {
        const message = "invalid restart policy: maximum retry count can only be used with 'on-failure'";
        throw new EngineRefusal(message);
      }
      return { name };
    case '':
      return { name: 'no' };
    default:
      throw new EngineRefusal(
        `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
      );
  }
}

function parseRetries(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) {
    throw new EngineError('invalid-argument', 'invalid restart policy format: maximum retry count must be an integer');
  }
  if (Number(text) < 0) {
    throw new EngineRefusal('invalid restart policy: maximum retry count cannot be negative');
  }
  return Number(text);
}

function parseCreateOnlyLimits(flags: Flags): Limits {
  const swappiness = flags.int('memory-swappiness');
  if (swappiness !== undefined && swappiness !== -1 && (swappiness < 0 || swappiness > 100)) {
    const message = `invalid value: ${swappiness}. Valid memory swappiness range is 0-100`;
    throw new EngineError('invalid-argument', message);
  }
  const rates = (name: string, parse: (text: string) => DeviceRate) => {
    const list = flags.readAll(name, parse);
    return list.length === 0 ? undefined : list;
  };
  // Docker takes 0 for no weight of its own.
  const weights = flags.readAll('blkio-weight-device', parseWeight).filter(({ weight }) => weight > 0);
  return omitUndefined({
    blkioWeightDevices: nonEmpty(weights),
    memorySwappiness: swappiness === -1 ? undefined : swappiness,
    oomKillDisable: flags.isSet('oom-kill-disable') ? true : undefined,
    deviceReadBps: rates('device-read-bps', parseBytesRate),
    deviceWriteBps: rates('device-write-bps', parseBytesRate),
    deviceReadIops: rates('device-read-iops', parseOperationsRate),
    deviceWriteIops: rates('device-write-iops', parseOperationsRate),
  });
}

/** Nine decimal places at most, as nanoCPUs are whole. Throws invalid-argument with Docker's words. */
export function parseCpus(text: string): number {
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) {
    throw new EngineError('invalid-argument', `failed to parse ${text} as a rational number`);
  }
  const nanoCpus = Number(text) * 1e9;
  const whole = Math.round(nanoCpus);
  if (Math.abs(nanoCpus - whole) > 1e-3) {
    throw new EngineError('invalid-argument', 'value is too precise');
  }
  return whole;
}

function parseBytesOrLift(text: string): number {
  return text === '-1' ? -1 : parseBytes(text);
}

function parseSwap(text: string): number | 'unlimited' | null {
  if (text === '-1') {
    return 'unlimited';
  }
  const bytes = parseBytes(text);
  return bytes === 0 ? null : bytes;
}

function parseBytesRate(text: string): DeviceRate {
  return parseRate(text, 'The correct format is <device-path>:<number>[<unit>]', {
    units: '. Unit is optional and can be kb, mb, or gb',
    parse: parseBytes,
  });
}

function parseOperationsRate(text: string): DeviceRate {
  return parseRate(text, 'The correct format is <device-path>:<number>', {
    units: '',
    parse: (rate) => parseInteger(rate, 'strconv.ParseUint'),
  });
}

/** Throws invalid-argument with Docker's words. */
function parseWeight(text: string): DeviceWeight {
  const [path, number] = splitDevice(text);
  const weight = /^\d+$/.test(number) ? Number(number) : Number.NaN;
  if (!(weight === 0 || (weight >= 10 && weight <= 1000))) {
    throw new EngineError('invalid-argument', `invalid weight for device: ${text}`);
  }
  return { path, weight };
}

interface RateForm {
  readonly units: string;
  parse(text: string): number;
}

function parseRate(text: string, format: string, form: RateForm): DeviceRate {
  const [path, rate] = splitDevice(text);
  const number = tryParse(rate, form.parse);
  if (number === undefined || number < 1) {
    throw new EngineError(
      'invalid-argument',
      `invalid rate for device: ${text}. ${format}. Number must be a positive integer${form.units}`,
    );
  }
  return { path, rate: number };
}

function splitDevice(text: string): readonly [path: string, number: string] {
  const [path, number] = splitOnce(text);
  if (path === '' || number === undefined) {
    throw new EngineError('invalid-argument', `bad format: ${text}`);
  }
  if (!path.startsWith('/dev/')) {
    throw new EngineError('invalid-argument', `bad format for device path: ${text}`);
  }
  return [path, number];
}

function splitOnce(text: string): readonly [string, string | undefined] {
  const index = text.indexOf(':');
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

/** The number, or undefined where the caller has a sentence of its own for what is none. */
function tryParse(text: string, parse: (text: string) => number): number | undefined {
  try {
    return parse(text);
  } catch {
    // The caller's sentence names the whole flag, which says more.
    return undefined;
  }
}

function toPatch(value: number | undefined): number | null | undefined {
  return value === undefined || value > 0 ? value : null;
}

function toTextPatch(value: string | undefined): string | null | undefined {
  return value === '' ? null : value;
}
