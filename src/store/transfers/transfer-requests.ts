import type { Engine } from '../../engine/engine.js';
import type { PullProgress } from '../../model/image.js';
import {
  formatFamiliarReference,
  formatImageReference,
  type ImageReference,
  parseImageReference,
} from '../../model/image-reference.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parsePlatform } from '../../model/platform.js';
import { readArchiveFile, writeArchiveFile } from './archive-file.js';
import type { TransferRequest } from './transfers-store.js';

/** What can be moved by an engine, as requests for the transfers' store. */
export interface TransferRequests {
  /** Throws invalid-argument, in Docker's words, where reference or platform is none; an empty platform is this host's. */
  pull(typed: string, platform: string): TransferRequest;
  /** Throws as `pull` does. */
  push(typed: string): TransferRequest;
  /** Images into a new file. `estimatedBytes`: about how many it will have. */
  save(refs: readonly string[], file: { readonly path: string; readonly estimatedBytes: number }): TransferRequest;
  /** The images of a file. */
  load(path: string): TransferRequest;
}

export function createTransferRequests(engine: Engine): TransferRequests {
  return {
    pull: (typed, platform) => requestPull(engine, typed, platform),
    push: (typed) => requestPush(engine, typed),
    save: (refs, file) => requestSave(engine, refs, file),
    load: (path) => requestLoad(engine, path),
  };
}

function requestPull(engine: Engine, typed: string, platformText: string): TransferRequest {
  const reference = parseImageReference(typed);
  const platform = platformText === '' ? undefined : parsePlatform(platformText);
  const name = formatFamiliarReference(reference);
  const flags = platform === undefined ? [] : ['--platform', platformText];
  return {
    kind: 'pull',
    name,
    args: ['gantry', 'pull', ...flags, name],
    server: reference.domain,
    run: async ({ signal, step }) => {
      let outcome: readonly string[] = [];
      for await (const progress of engine.images.pull(name, omitUndefined({ signal, platform }))) {
        step(progress);
        if (progress.phase === 'done') outcome = describePulled(progress, reference);
      }
      return outcome;
    },
  };
}

function requestPush(engine: Engine, typed: string): TransferRequest {
  const reference = parseImageReference(typed);
  const name = formatFamiliarReference(reference);
  return {
    kind: 'push',
    name,
    args: ['gantry', 'push', name],
    server: reference.domain,
    run: async ({ signal, step }) => {
      let outcome: readonly string[] = [];
      for await (const progress of engine.images.push(name, { signal })) {
        step(progress);
        if (progress.phase === 'done') {
          outcome = [`${progress.tag}: digest: ${progress.digest} size: ${progress.sizeBytes}`];
        }
      }
      return outcome;
    },
  };
}

function requestSave(
  engine: Engine,
  refs: readonly string[],
  { path, estimatedBytes }: { readonly path: string; readonly estimatedBytes: number },
): TransferRequest {
  return {
    kind: 'save',
    name: path,
    args: ['gantry', 'save', '--output', path, ...refs],
    run: async ({ signal, count }) => {
      await writeArchiveFile(path, () => engine.images.save(refs, { signal, reuse: true }), {
        signal,
        count: (bytes) => count(bytes, Math.max(bytes, estimatedBytes)),
      });
      return [`${refs.join(', ')} in ${path}`];
    },
  };
}

function requestLoad(engine: Engine, path: string): TransferRequest {
  return {
    kind: 'load',
    name: path,
    args: ['gantry', 'load', '--input', path],
    run: async ({ signal, step, count }) => {
      const outcome: string[] = [];
      for await (const progress of engine.images.load(await readArchiveFile(path, count), { signal })) {
        step(progress);
        if (progress.phase === 'done') outcome.push(...describeLoaded(progress));
      }
      return outcome;
    },
  };
}

type Done = Extract<PullProgress, { readonly phase: 'done' }>;

function describePulled({ digest, isNew }: Done, reference: ImageReference): readonly string[] {
  const status = isNew === true ? 'Downloaded newer image for' : 'Image is up to date for';
  return [
    ...(digest === undefined ? [] : [`Digest: ${digest}`]),
    `Status: ${status} ${formatFamiliarReference(reference)}`,
    formatImageReference(reference),
  ];
}

function describeLoaded({ references, imageId }: Done): readonly string[] {
  return references.length === 0 ? [`Loaded image ID: ${imageId}`] : references.map((name) => `Loaded image: ${name}`);
}
