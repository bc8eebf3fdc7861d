import { MIN_MEMORY_BYTES } from '../model/limits.js';

const MIB = 1024 * 1024;
const CENT = 1e7;
/** The least step of the kernel's quota that Docker takes: 0.01 CPUs. */
const MIN_CENTS = 1;

export type StepSize = 'one' | 'ten' | 'finest';

/** Where a memory limit stands on its slider, 0 (4 MiB) to 1 (the host's memory), logarithmic; no limit stands at the end. */
export function memoryToRatio(bytes: number | undefined, hostBytes: number): number {
  if (bytes === undefined) return 1;
  return clamp(Math.log2(bytes / MIN_MEMORY_BYTES) / Math.log2(hostBytes / MIN_MEMORY_BYTES), 0, 1);
}

/**
 * The memory limit `steps` further. A step is a quarter of the way to the next power of two, so limits stay round: 512, 640, 768,
 * 896 MiB, 1 GiB. `ten` takes ten steps, `finest` goes by 1 MiB.
 */
export function stepMemory(bytes: number | undefined, direction: 1 | -1, size: StepSize, hostBytes: number): number {
  const from = bytes ?? hostBytes;
  if (size === 'finest') return clampMemory(roundTo(from, MIB, direction), hostBytes);
  return clampMemory(stepQuarters(from, direction, size), hostBytes);
}

/** Where a CPU limit stands on its slider, 0 to 1 (all CPUs of the host), linear; no limit stands at the end. */
export function cpusToRatio(nanoCpus: number | undefined, hostCpus: number): number {
  return nanoCpus === undefined ? 1 : clamp(nanoCpus / 1e9 / hostCpus, 0, 1);
}

/** The CPU limit `steps` further: 0.05 CPUs a step, 0.5 for `ten`, 0.01 for `finest`. */
export function stepCpus(nanoCpus: number | undefined, direction: 1 | -1, size: StepSize, hostCpus: number): number {
  const cents = size === 'one' ? 5 : size === 'ten' ? 50 : 1;
  const from = nanoCpus ?? hostCpus * 1e9;
  return clamp(roundTo(Math.round(from / CENT), cents, direction), MIN_CENTS, hostCpus * 100) * CENT;
}

/** The pids limit `steps` further; from no limit downwards it begins at 4 096. */
export function stepPids(pids: number | undefined, direction: 1 | -1, size: StepSize): number {
  const step = size === 'one' ? 16 : size === 'ten' ? 160 : 1;
  return Math.max(1, roundTo(pids ?? 4096, step, direction));
}

/** Where a pids limit stands, logarithmic to 32 768; no limit stands at the end. */
export function pidsToRatio(pids: number | undefined): number {
  return pids === undefined ? 1 : clamp(Math.log2(pids) / 15, 0, 1);
}

const DEFAULT_SHARES = 1024;
const MIN_SHARES = 2;
const MAX_SHARES = 2 ** 18;

/** Where CPU shares stand, logarithmic from 2 to 262 144; the default, 1024, where there are none. */
export function sharesToRatio(shares: number | undefined): number {
  return clamp(Math.log2((shares ?? DEFAULT_SHARES) / MIN_SHARES) / Math.log2(MAX_SHARES / MIN_SHARES), 0, 1);
}

/** Shares a quarter of the way to the next power of two further; `finest` goes by 1. */
export function stepShares(shares: number | undefined, direction: 1 | -1, size: StepSize): number {
  const from = shares ?? DEFAULT_SHARES;
  const to = size === 'finest' ? from + direction : stepQuarters(from, direction, size);
  return clamp(direction > 0 ? Math.ceil(to) : Math.floor(to), MIN_SHARES, MAX_SHARES);
}

const MIN_WEIGHT = 10;
const MAX_WEIGHT = 1000;
const DEFAULT_WEIGHT = 500;

/** Where a block I/O weight stands, linear from 10 to 1000; Docker's default, 500, where there is none. */
export function weightToRatio(weight: number | undefined): number {
  return clamp(((weight ?? DEFAULT_WEIGHT) - MIN_WEIGHT) / (MAX_WEIGHT - MIN_WEIGHT), 0, 1);
}

/** The weight 10 further, 100 for `ten`, 1 for `finest`. */
export function stepWeight(weight: number | undefined, direction: 1 | -1, size: StepSize): number {
  const step = size === 'one' ? 10 : size === 'ten' ? 100 : 1;
  return clamp(roundTo(weight ?? DEFAULT_WEIGHT, step, direction), MIN_WEIGHT, MAX_WEIGHT);
}

const MIN_RATE = 64 * 1024;
const MAX_RATE = 10 * 2 ** 30;

/** Where a rate stands, logarithmic from 64 KiB to 10 GiB a second; no limit stands at the end. */
export function rateToRatio(bytes: number | undefined): number {
  return bytes === undefined ? 1 : clamp(Math.log2(bytes / MIN_RATE) / Math.log2(MAX_RATE / MIN_RATE), 0, 1);
}

/** A rate in bytes a second a quarter of the way to the next power of two further, from 64 KiB to 10 GiB; `finest` goes by 64 KiB. */
export function stepRate(bytes: number | undefined, direction: 1 | -1, size: StepSize): number {
  const from = bytes ?? MAX_RATE;
  const to = size === 'finest' ? roundTo(from, MIN_RATE, direction) : stepQuarters(from, direction, size);
  return clamp(Math.round(to), MIN_RATE, MAX_RATE);
}

function stepQuarters(from: number, direction: 1 | -1, size: StepSize): number {
  let value = from;
  for (let i = 0; i < (size === 'ten' ? 10 : 1); i++) value = stepQuarter(value, direction);
  return value;
}

function stepQuarter(bytes: number, direction: 1 | -1): number {
  const octave = 2 ** Math.floor(Math.log2(direction > 0 ? bytes : bytes - 1));
  return roundTo(bytes, octave / 4, direction);
}

/** The next multiple of `step` in the direction, never `value` itself. */
function roundTo(value: number, step: number, direction: 1 | -1): number {
  return direction > 0 ? (Math.floor(value / step) + 1) * step : (Math.ceil(value / step) - 1) * step;
}

function clampMemory(bytes: number, hostBytes: number): number {
  return clamp(Math.round(bytes / MIB) * MIB, MIN_MEMORY_BYTES, hostBytes);
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
