import type { PullProgress, PushProgress } from '../../model/image.js';

type LayerStep = Extract<PullProgress | PushProgress, { readonly digest: string }>;

/** Where a layer of a transfer stands. Its digest is the one that the step names. */
export interface TransferLayer {
  readonly digest: string;
  readonly phase: Exclude<LayerStep['phase'], 'done'>;
  /** Of the phase, where it counts bytes. */
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
  /** Another repository that has the layer, or how long until the next try. */
  readonly note: string | undefined;
}

export interface TransferTotals {
  /** That came over the network, or through the file. */
  readonly doneBytes: number;
  /** Of the layers whose size is known so far. */
  readonly totalBytes: number;
  /** False while layers wait whose size is not known. */
  readonly isWholeKnown: boolean;
  readonly doneLayers: number;
  readonly layers: number;
  /** Over the last seconds. */
  readonly bytesPerSecond: number;
}

/** Collects the steps of one transfer; they come faster than anything is shown. */
export interface TransferProgress {
  add(step: PullProgress | PushProgress): void;
  /** Bytes of a file, for transfers that are one. */
  count(doneBytes: number, totalBytes: number | undefined): void;
  read(nowMs: number): { readonly layers: readonly TransferLayer[]; readonly totals: TransferTotals };
}

/** Nothing more happens to a layer in this phase. */
export function isAtRest(phase: TransferLayer['phase']): boolean {
  return phase === 'complete' || phase === 'exists' || phase === 'pushed' || phase === 'mounted';
}

const RATE_WINDOW_MS = 3000;

interface Count {
  readonly doneBytes: number;
  readonly totalBytes: number | undefined;
}

export function createTransferProgress(): TransferProgress {
  const layers = new Map<string, TransferLayer>();
  const moved = new Map<string, Count>();
  const samples: { readonly atMs: number; readonly bytes: number }[] = [];
  let file: Count | undefined;

  const readRate = (nowMs: number, bytes: number): number => {
    samples.push({ atMs: nowMs, bytes });
    while (samples.length > 2 && nowMs - (samples[0]?.atMs ?? nowMs) > RATE_WINDOW_MS) samples.shift();
    const [first] = samples;
    const tookMs = nowMs - (first?.atMs ?? nowMs);
    return tookMs <= 0 ? 0 : Math.max(0, ((bytes - (first?.bytes ?? bytes)) * 1000) / tookMs);
  };
  return {
    add: (step) => {
      if (!isLayerStep(step)) return;
      const counts = 'doneBytes' in step;
      const doneBytes = counts ? step.doneBytes : 0;
      const totalBytes = counts ? step.totalBytes : undefined;
      layers.set(step.digest, { digest: step.digest, phase: step.phase, doneBytes, totalBytes, note: noteOf(step) });
      const before = moved.get(step.digest);
      if (step.phase === 'downloading' || step.phase === 'pushing') moved.set(step.digest, { doneBytes, totalBytes });
      else if (before !== undefined && MOVED.has(step.phase)) {
        moved.set(step.digest, { ...before, doneBytes: before.totalBytes ?? before.doneBytes });
      }
    },
    count: (doneBytes, totalBytes) => {
      file = { doneBytes, totalBytes };
    },
    read: (nowMs) => {
      const all = [...layers.values()];
      const counts = file === undefined ? [...moved.values()] : [file];
      const doneBytes = sum(counts.map((each) => each.doneBytes));
      const isWaiting = file === undefined && all.some((layer) => !moved.has(layer.digest) && !isAtRest(layer.phase));
      return {
        layers: all,
        totals: {
          doneBytes,
          totalBytes: sum(counts.map((each) => each.totalBytes ?? each.doneBytes)),
          isWholeKnown: !isWaiting && counts.every((each) => each.totalBytes !== undefined),
          doneLayers: all.filter((layer) => isAtRest(layer.phase)).length,
          layers: all.length,
          bytesPerSecond: readRate(nowMs, doneBytes),
        },
      };
    },
  };
}

/** Phases after the last byte has come. */
const MOVED: ReadonlySet<string> = new Set(['verifying', 'downloaded', 'extracting', 'complete', 'pushed']);

function isLayerStep(step: PullProgress | PushProgress): step is Exclude<LayerStep, { phase: 'done' }> {
  return 'digest' in step && step.phase !== 'done';
}

function noteOf(step: Exclude<LayerStep, { phase: 'done' }>): string | undefined {
  if (step.phase === 'mounted') return step.from;
  return step.phase === 'retrying' ? `${Math.ceil(step.delayMs / 1000)} s` : undefined;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
