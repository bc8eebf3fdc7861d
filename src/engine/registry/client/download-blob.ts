import type { Descriptor } from '../../../model/descriptor.js';
import { EngineError } from '../../../model/errors.js';
import type { Blob, BlobWriter } from '../../content/content-store.js';
import type { RegistrySettings } from './registry-settings.js';
import type { OpenedBlob } from './repository.js';
import { nextDelayMs, pause } from './retry.js';
import { TransportError } from './transport-error.js';

export interface DownloadOptions {
  readonly settings: Pick<RegistrySettings, 'maxAttempts' | 'retryDelayMs'>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number) => void;
  /** All bytes are there and are now verified. */
  readonly onVerify?: () => void;
  readonly onRetry?: (delayMs: number) => void;
}

export type OpenBlob = (fromByte: number) => Promise<OpenedBlob>;

/**
 * Writes a blob and keeps it, once its size and digest are what the descriptor says. A download that breaks is resumed where it
 * broke, as often as `maxAttempts` without a byte of progress. Rejects: invalid-argument (other bytes than promised), unavailable,
 * cancelled; the caller discards the writer.
 */
export async function downloadBlob(
  open: OpenBlob,
  descriptor: Descriptor,
  writer: BlobWriter,
  options: DownloadOptions,
): Promise<Blob> {
  let doneBytes = 0;
  let failures = 0;
  const write = (bytes: Buffer): void => {
    if (doneBytes + bytes.length > descriptor.size) throw tooLarge(descriptor);
    writer.write(bytes);
    doneBytes += bytes.length;
    failures = 0;
    options.onProgress?.(doneBytes);
  };
  while (doneBytes < descriptor.size || failures > 0) {
    // What cannot be opened has been tried often enough.
    const failure = await tryDownload(await open(doneBytes), { descriptor, from: doneBytes, write });
    if (failure === undefined) break;
    failures += 1;
    const delayMs = nextDelayMs(failures, options.settings);
    if (delayMs === undefined) throw failure;
    options.onRetry?.(delayMs);
    await pause(delayMs, options.signal);
  }
  options.onVerify?.();
  return await keepVerified(writer, descriptor);
}

interface Download {
  readonly descriptor: Descriptor;
  readonly from: number;
  readonly write: (bytes: Buffer) => void;
}

/** The error, where another try may go better; undefined when all is there. */
async function tryDownload(blob: OpenedBlob, download: Download): Promise<EngineError | undefined> {
  try {
    await copyBlob(blob, download);
    return undefined;
  } catch (error) {
    if (error instanceof TransportError && !error.isTls) return error;
    if (error instanceof TruncatedError) return error;
    throw error;
  }
}

/** The connection ended before the blob did. */
class TruncatedError extends EngineError {
  constructor(digest: string) {
    super('unavailable', `unexpected EOF while downloading ${digest}`);
  }
}

async function copyBlob(blob: OpenedBlob, { descriptor, from, write }: Download): Promise<void> {
  if (blob.totalBytes !== undefined && blob.totalBytes !== descriptor.size) {
    blob.discard();
    throw tooLarge(descriptor, blob.totalBytes);
  }
  let at = blob.startsAt;
  try {
    for await (const bytes of blob.read()) {
      // A registry without ranges sends all from the start: what is there already is passed over.
      const isNew = bytes.subarray(Math.min(bytes.length, Math.max(0, from - at)));
      at += bytes.length;
      if (isNew.length > 0) write(isNew);
    }
  } finally {
    blob.discard();
  }
  if (at < descriptor.size) throw new TruncatedError(descriptor.digest);
}

async function keepVerified(writer: BlobWriter, descriptor: Descriptor): Promise<Blob> {
  const staged = await writer.finish();
  if (staged.digest !== descriptor.digest || staged.sizeBytes !== descriptor.size) {
    throw new EngineError('invalid-argument', `filesystem layer verification failed for digest ${descriptor.digest}`);
  }
  await staged.flush();
  return staged.keep({ digest: descriptor.digest, sizeBytes: descriptor.size });
}

function tooLarge({ digest, size }: Descriptor, actual?: number): EngineError {
  const found = actual === undefined ? 'more' : `${actual}`;
  return new EngineError(
    'invalid-argument',
    `content of the wrong size: ${found} instead of ${size} bytes for digest ${digest}`,
  );
}
