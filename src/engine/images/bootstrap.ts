import { EngineError } from '../../model/errors.js';
import type { PullProgress } from '../../model/image.js';
import { runProgram } from '../../platform/run-program.js';
import { openStaging } from '../../platform/staging.js';
import type { BootstrapOptions } from '../engine.js';
import { removePath } from '../layers/remove-role.js';
import { streamTar } from '../layers/stream-tar.js';
import type { ImageParts } from './image-parts.js';
import { importImage } from './import.js';
import { streamProgress } from './progress-stream.js';

const SUITE = 'bookworm';
const MIRROR = 'http://deb.debian.org/debian';
const SUITE_NAME = /^[a-z][a-z0-9-]*$/;

/**
 * Makes a Debian image of the distribution's own packages with debootstrap, which needs apt's mirrors. Rejects:
 * unavailable (no debootstrap, or it fails), invalid-argument.
 */
export function bootstrapImage(
  parts: ImageParts,
  root: string,
  options: BootstrapOptions,
): AsyncIterable<PullProgress> {
  const suite = options.suite ?? SUITE;
  return streamProgress(async (report, signal) => {
    if (options.distribution !== 'debian' || !SUITE_NAME.test(suite)) {
      throw new EngineError(
        'invalid-argument',
        `cannot bootstrap "${options.distribution} ${suite}": use debian and a suite such as ${SUITE}`,
      );
    }
    const reference = options.reference ?? `debian:${suite}`;
    const folder = openStaging(root).path();
    try {
      await runDebootstrap(suite, folder, { signal, onLine: (text) => report({ phase: 'output', text }) });
      const tar = streamTar({ program: parts.program, root: { kind: 'directory', path: folder }, signal });
      const image = await importImage(parts, tar, {
        reference,
        signal,
        config: { Cmd: ['bash'], Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
        createdBy: `debootstrap --variant=minbase ${suite}`,
      });
      report({ phase: 'done', imageId: image.id, references: image.repoTags });
    } finally {
      await removePath(parts.spawner, folder);
    }
  }, options.signal);
}

async function runDebootstrap(
  suite: string,
  folder: string,
  options: { readonly signal: AbortSignal; readonly onLine: (line: string) => void },
): Promise<void> {
  let last = '';
  const onLine = (line: string) => {
    last = line;
    options.onLine(line);
  };
  const { exitCode } = await runProgram('debootstrap', ['--variant=minbase', suite, folder, MIRROR], {
    ...options,
    onLine,
  }).catch((error: unknown) => {
    if (options.signal.aborted) throw new EngineError('cancelled', 'debootstrap was cancelled', { cause: error });
    throw new EngineError('unavailable', 'debootstrap cannot be started: install it with apt-get install debootstrap', {
      cause: error,
    });
  });
  if (exitCode !== 0) throw new EngineError('unavailable', `debootstrap failed with status ${exitCode}: ${last}`);
}
