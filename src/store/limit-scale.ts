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
  let value = from;
  for (let i = 0; i < (size === 'ten' ? 10 : 1); i++) value = stepQuarter(value, direction);
  return clampMemory(value, hostBytes);
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
