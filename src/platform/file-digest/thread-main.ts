// What a DigestThread runs.
import { parentPort } from 'node:worker_threads';
import { PassingDigest } from './passing-digest.js';

/** So much of the file is there, with these parts, and perhaps that is all; without a path it is not asked for any more. */
export type DigestRequest = FileProgress | { readonly id: number; readonly path?: undefined };

export interface FileProgress {
  readonly id: number;
  readonly path: string;
  readonly takesWhole: boolean;
  readonly sizeBytes: number;
  /** `PassingDigest.add` */
  readonly parts: readonly number[];
  readonly isAll: boolean;
}

/** Digests of parts; with the last one that of the whole. */
export interface DigestAnswer {
  readonly id: number;
  readonly parts?: Uint8Array;
  readonly hex?: string;
  readonly failure?: string;
}

const digests = new Map<number, PassingDigest>();

parentPort?.on('message', (request: DigestRequest) => {
  try {
    if (request.path === undefined) drop(request.id);
    else take(request);
  } catch (error) {
    drop(request.id);
    answer({ id: request.id, failure: String(error) });
  }
});

function take({ id, path, takesWhole, parts, sizeBytes, isAll }: FileProgress): void {
  const digest = digests.get(id) ?? new PassingDigest(path, takesWhole);
  digests.set(id, digest);
  digest.add(parts);
  digest.advance(sizeBytes);
  const passed = digest.takeParts();
  if (isAll) {
    answer({ id, parts: passed, hex: digest.wholeHex() });
    drop(id);
  } else if (passed.length > 0) answer({ id, parts: passed });
}

function drop(id: number): void {
  digests.get(id)?.close();
  digests.delete(id);
}

function answer(words: DigestAnswer): void {
  parentPort?.postMessage(words);
}
