import { EngineError } from '../model/errors.js';
import { type DeviceRate, type Limits, type LimitsPatch, MIN_MEMORY_BYTES } from '../model/limits.js';
import { formatBytesFlag, parseBytes } from '../model/units.js';
import {
  cpusToRatio,
  memoryToRatio,
  pidsToRatio,
  rateToRatio,
  type StepSize,
  sharesToRatio,
  stepCpus,
  stepMemory,
  stepPids,
  stepRate,
  stepShares,
  stepWeight,
  weightToRatio,
} from './limit-scale.js';

/** The limits that can be tuned, in the order in which they stand. */
export const LIMIT_FIELDS = [
  'memory',
  'cpus',
  'pids',
  'swap',
  'reserve',
  'shares',
  'cpuset',
  'weight',
  'read',
  'write',
] as const;
export type LimitField = (typeof LIMIT_FIELDS)[number];

/** What the sliders end at. */
export interface TuneHost {
  readonly memoryBytes: number;
  readonly cpus: number;
}

export interface Step {
  readonly direction: 1 | -1;
  readonly size: StepSize;
}

/** One limit as a slider and as text. A string in place of a change says why there is none. */
export interface FieldKind {
  readonly min: string;
  max(host: TuneHost): string;
  /** 0..1. */
  ratio(limits: Limits, host: TuneHost): number;
  format(limits: Limits): string;
  step(limits: Limits, step: Step, host: TuneHost): LimitsPatch | string;
  /** `text` is trimmed, and does not lift the limit. What cannot be read is an `invalid value`. */
  parse(text: string, limits: Limits): LimitsPatch | string;
  lift(limits: Limits): LimitsPatch | string;
}

const NO_LIMIT = 'no limit';
const bytesText = (bytes: number) => formatBytesFlag(bytes).toUpperCase();
const orNone = <T>(value: T | undefined, format: (value: T) => string) =>
  value === undefined ? NO_LIMIT : format(value);

const memory: FieldKind = {
  min: '4M',
  max: ({ memoryBytes }) => shortBytes(memoryBytes),
  ratio: ({ memoryBytes }, host) => memoryToRatio(memoryBytes, host.memoryBytes),
  format: ({ memoryBytes }) => orNone(memoryBytes, bytesText),
  step: (limits, { direction, size }, host) => ({
    memoryBytes: stepMemory(limits.memoryBytes, direction, size, host.memoryBytes),
  }),
  parse: (text) => withBytes(text, (memoryBytes) => ({ memoryBytes })),
  lift: () => ({ memoryBytes: null }),
};

const cpus: FieldKind = {
  min: '0.01',
  max: (host) => host.cpus.toFixed(2),
  ratio: ({ nanoCpus }, host) => cpusToRatio(nanoCpus, host.cpus),
  format: ({ nanoCpus }) => orNone(nanoCpus, (nano) => (nano / 1e9).toFixed(2)),
  step: ({ nanoCpus }, { direction, size }, host) => ({ nanoCpus: stepCpus(nanoCpus, direction, size, host.cpus) }),
  parse: (text) => withNumber(text, 'a number such as 0.5, or max', (count) => ({ nanoCpus: Math.round(count * 1e9) })),
  lift: () => ({ nanoCpus: null }),
};

const pids: FieldKind = {
  min: '1',
  max: () => '32768',
  ratio: ({ pidsMax }) => pidsToRatio(pidsMax),
  format: ({ pidsMax }) => orNone(pidsMax, String),
  step: ({ pidsMax }, { direction, size }) => ({ pidsMax: stepPids(pidsMax, direction, size) }),
  parse: (text) => withNumber(text, 'a number, or max', (count) => ({ pidsMax: Math.round(count) })),
  lift: () => ({ pidsMax: null }),
};

const NEEDS_MEMORY = 'swap counts on top of a memory limit: set that first';

/** On top of memory, where Docker's figure is the sum of both. */
const swap: FieldKind = {
  min: '0',
  max: (host) => shortBytes(host.memoryBytes),
  ratio: (limits, host) => {
    const bytes = swapOf(limits);
    if (bytes === undefined || bytes === 'unlimited') return 1;
    return bytes < MIN_MEMORY_BYTES ? 0 : memoryToRatio(bytes, host.memoryBytes);
  },
  format: (limits) => orNone(swapOf(limits), (bytes) => (bytes === 'unlimited' ? bytes : bytesText(bytes))),
  step: (limits, { direction, size }, host) => {
    const bytes = swapOf(limits);
    if (limits.memoryBytes === undefined) return NEEDS_MEMORY;
    const from = bytes === 'unlimited' ? undefined : bytes;
    const isOff = direction < 0 && from !== undefined && from <= MIN_MEMORY_BYTES;
    const to = isOff ? 0 : stepMemory(Math.max(from ?? host.memoryBytes, 1), direction, size, host.memoryBytes);
    return { memorySwapBytes: limits.memoryBytes + to };
  },
  parse: (text, { memoryBytes }) =>
    memoryBytes === undefined
      ? NEEDS_MEMORY
      : withBytes(text, (bytes) => ({ memorySwapBytes: memoryBytes + bytes }), 0),
  lift: ({ memoryBytes }) => (memoryBytes === undefined ? NEEDS_MEMORY : { memorySwapBytes: 'unlimited' }),
};

function swapOf({ memoryBytes, memorySwapBytes }: Limits): number | 'unlimited' | undefined {
  if (memoryBytes === undefined || memorySwapBytes === undefined) return undefined;
  return memorySwapBytes === 'unlimited' ? memorySwapBytes : Math.max(0, memorySwapBytes - memoryBytes);
}

const reserve: FieldKind = {
  min: 'none',
  max: (host) => shortBytes(host.memoryBytes),
  ratio: ({ memoryReservationBytes: bytes }, host) =>
    bytes === undefined ? 0 : memoryToRatio(bytes, host.memoryBytes),
  format: ({ memoryReservationBytes }) =>
    memoryReservationBytes === undefined ? 'none' : bytesText(memoryReservationBytes),
  step: (limits, { direction, size }, host) => {
    const from = limits.memoryReservationBytes;
    const most = Math.min(limits.memoryBytes ?? host.memoryBytes, host.memoryBytes);
    if (direction < 0 && (from === undefined || from <= MIN_MEMORY_BYTES)) return { memoryReservationBytes: null };
    return { memoryReservationBytes: from === undefined ? MIN_MEMORY_BYTES : stepMemory(from, direction, size, most) };
  },
  parse: (text) => withBytes(text, (memoryReservationBytes) => ({ memoryReservationBytes })),
  lift: () => ({ memoryReservationBytes: null }),
};

const shares: FieldKind = {
  min: '2',
  max: () => '256K',
  ratio: ({ cpuShares }) => sharesToRatio(cpuShares),
  format: ({ cpuShares }) => (cpuShares === undefined ? 'default' : String(cpuShares)),
  step: ({ cpuShares }, { direction, size }) => ({ cpuShares: stepShares(cpuShares, direction, size) }),
  parse: (text) => withNumber(text, '2 to 262144, 1024 is the default', (count) => ({ cpuShares: Math.round(count) })),
  lift: () => ({ cpuShares: null }),
};

const CPU_LIST = /^\d+(-\d+)?(,\d+(-\d+)?)*$/;

const cpuset: FieldKind = {
  min: 'one',
  max: (host) => `all ${host.cpus}`,
  ratio: ({ cpusetCpus }, host) => (cpusetCpus === undefined ? 1 : Math.min(1, countCpus(cpusetCpus) / host.cpus)),
  format: ({ cpusetCpus }) => cpusetCpus ?? 'all',
  step: ({ cpusetCpus }, { direction }, host) => {
    const count = (cpusetCpus === undefined ? host.cpus : countCpus(cpusetCpus)) + direction;
    if (count >= host.cpus) return { cpusetCpus: null };
    return { cpusetCpus: count <= 1 ? '0' : `0-${count - 1}` };
  },
  parse: (text) => (CPU_LIST.test(text) ? { cpusetCpus: text } : `invalid value "${text}": use a list such as 0-1,3`),
  lift: () => ({ cpusetCpus: null }),
};

function countCpus(list: string): number {
  return list.split(',').reduce((sum, part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return sum + last - first + 1;
  }, 0);
}

const weight: FieldKind = {
  min: '10',
  max: () => '1000',
  ratio: ({ blkioWeight }) => weightToRatio(blkioWeight),
  format: ({ blkioWeight }) => (blkioWeight === undefined ? 'default' : String(blkioWeight)),
  step: ({ blkioWeight }, { direction, size }) => ({ blkioWeight: stepWeight(blkioWeight, direction, size) }),
  parse: (text) => withNumber(text, '10 to 1000', (count) => ({ blkioWeight: Math.round(count) })),
  lift: () => ({ blkioWeight: null }),
};

type RateKey = 'deviceReadBps' | 'deviceWriteBps';

/** Bytes a second from or to a block device: the one that was named, or that another limit names. */
function rate(key: RateKey): FieldKind {
  const unknown = 'no device is known: / types one with its rate, /dev/sda:10m';
  const first = (limits: Limits) => limits[key]?.[0];
  const change = (limits: Limits, path: string, bytes: number): LimitsPatch => ({
    [key]: [{ path, rate: bytes }, ...(limits[key] ?? []).filter((one) => one.path !== path)],
  });
  return {
    min: '64K',
    max: () => '10G',
    ratio: (limits) => rateToRatio(first(limits)?.rate),
    format: (limits) => orNone(limits[key], formatRates),
    step: (limits, { direction, size }) => {
      const path = deviceOf(limits);
      return path === undefined ? unknown : change(limits, path, stepRate(first(limits)?.rate, direction, size));
    },
    parse: (text, limits) => {
      const colon = text.lastIndexOf(':');
      const path = colon < 0 ? deviceOf(limits) : text.slice(0, colon);
      if (path?.startsWith('/') !== true) return unknown;
      return withBytes(text.slice(colon + 1), (bytes) => change(limits, path, bytes));
    },
    lift: () => ({ [key]: null }),
  };
}

const formatRates = (rates: readonly DeviceRate[]) =>
  rates.map((one) => `${one.path} ${bytesText(one.rate)}/s`).join(' ');

/** A block device that the limits name already. */
function deviceOf(limits: Limits): string | undefined {
  const { deviceReadBps, deviceWriteBps, deviceReadIops, deviceWriteIops, blkioWeightDevices } = limits;
  const lists: readonly (readonly { readonly path: string }[] | undefined)[] = [
    ...[deviceReadBps, deviceWriteBps, deviceReadIops, deviceWriteIops],
    blkioWeightDevices,
  ];
  return lists.flatMap((list) => list ?? [])[0]?.path;
}

function shortBytes(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return gibibytes >= 1 ? `${Number(gibibytes.toFixed(1))}G` : `${Math.round(bytes / 2 ** 20)}M`;
}

function withBytes(text: string, toPatch: (bytes: number) => LimitsPatch, least = 1): LimitsPatch | string {
  let bytes = Number.NaN;
  try {
    bytes = parseBytes(text);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
  return bytes >= least ? toPatch(bytes) : `invalid value "${text}": use a number and b, k, m or g, or max`;
}

function withNumber(text: string, hint: string, toPatch: (value: number) => LimitsPatch): LimitsPatch | string {
  const value = text === '' ? Number.NaN : Number(text);
  return value > 0 ? toPatch(value) : `invalid value "${text}": use ${hint}`;
}

export const FIELD_KINDS: Readonly<Record<LimitField, FieldKind>> = {
  ...{ memory, cpus, pids, swap, reserve, shares, cpuset, weight },
  read: rate('deviceReadBps'),
  write: rate('deviceWriteBps'),
};
