import { EngineError } from '../../../model/errors.js';
import type { LimitsPreview } from '../../engine.js';

/** How much of a group's memory is in use and how much of that cannot go, bytes. */
export interface MemoryUse {
  readonly currentBytes: number;
  readonly unreclaimableBytes: number;
}

/** What setting this memory limit would do to a group that uses so much. */
export function previewMemoryLimit(limitBytes: number | undefined, use: MemoryUse | undefined): LimitsPreview {
  if (limitBytes === undefined || use === undefined || limitBytes >= use.currentBytes) {
    return { outcome: 'ok', message: '' };
  }
  if (limitBytes >= use.unreclaimableBytes) {
    const cache = formatMiB(use.currentBytes - limitBytes);
    return {
      outcome: 'reclaim',
      message: `${formatMiB(use.currentBytes)} are in use: ${cache} of page cache will be dropped first`,
    };
  }
  return {
    outcome: 'oom-risk',
    message: `${formatMiB(use.currentBytes)} are in use and ${formatMiB(use.unreclaimableBytes)} of it cannot be reclaimed`,
  };
}

/** The refusal of a limit below what is in use. */
export function tooMuchInUse(limitBytes: number, use: MemoryUse, cause?: unknown): EngineError {
  const message = `cannot set memory limit to ${formatMiB(limitBytes)}: ${formatMiB(use.currentBytes)} are in use and ${formatMiB(use.unreclaimableBytes)} of it cannot be reclaimed`;
  return new EngineError('conflict', message, { cause });
}

function formatMiB(bytes: number): string {
  return `${Number((Math.max(0, bytes) / 2 ** 20).toFixed(1))} MiB`;
}
