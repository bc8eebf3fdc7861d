import { EngineError } from '../../model/errors.js';
import { giveBackMemory } from '../../platform/give-back-memory.js';
import { RoleFailure, startRole } from '../../platform/role-process.js';
import type { EntrySink } from '../../platform/tar/file-entry.js';
import { EntryDecoder } from './entry-codec.js';
import { type RootSpec, toRootArguments } from './root-spec.js';
import { toUnpackError } from './unpack-role.js';

export interface WalkOptions {
  /** Path of gantry-init. */
  readonly program: string;
  readonly root: RootSpec;
  /** Path in the root, which links cannot lead out of; default the root itself. Entries are relative to it. */
  readonly start?: string;
  readonly content?: boolean;
  /** With `content`: tell holes of files as such. */
  readonly holes?: boolean;
  /** The root is the upper directory of an overlay: tell its whiteouts and opaque directories. */
  readonly layer?: boolean;
  /** Say of each entry whether this root has something there too; what an opaque directory hides of it comes as whiteouts. */
  readonly below?: RootSpec;
  /** Only what is not the same in `below`, and what is there alone as whiteouts. */
  readonly changes?: boolean;
  /** Leave out what is mounted on the root. */
  readonly oneMount?: boolean;
  /** Only `start` itself. */
  readonly flat?: boolean;
  /** Go through a link at the end of `start`. */
  readonly follow?: boolean;
  /** Nobody looks at content any more once `drain` has resolved. */
  readonly givesBack?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Puts the entries below `start` into the sink, directories before what is in them, in the order of their names. After
 * each part of the stream `drain` is awaited. Rejects: not-found (nothing at `start`).
 */
export async function walk(options: WalkOptions, sink: EntrySink, drain: () => Promise<void> | void): Promise<void> {
  const role = startRole(options.program, toArguments(options));
  const decoder = new EntryDecoder(sink, options.content === true);
  const stop = () => role.kill();
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const bytes of role.output) {
      decoder.push(bytes);
      await drain();
      if (options.givesBack === true) giveBackMemory(bytes);
    }
    await role.done;
    decoder.finish();
  } catch (error) {
    role.kill();
    throw toWalkError(error, options);
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await role.done.catch(() => undefined);
  }
}

function toArguments(options: WalkOptions): readonly string[] {
  const words = [
    options.content === true && 'content',
    options.holes === true && 'holes',
    options.layer === true && 'layer',
    options.below !== undefined && 'below',
    options.changes === true && 'changes',
    options.oneMount === true && 'one-mount',
    options.flat === true && 'flat',
    options.follow === true && 'follow',
  ];
  const below = options.below === undefined ? [] : toRootArguments(options.below);
  const list = words.filter((word) => word !== false).join(',');
  return ['walk', list, options.start ?? '', ...toRootArguments(options.root), ...below];
}

function toWalkError(error: unknown, options: WalkOptions): unknown {
  if (options.signal?.aborted === true)
    return new EngineError('cancelled', 'reading the files was cancelled', { cause: error });
  if (!(error instanceof RoleFailure)) return error;
  const isMissing = error.errno === 'ENOENT' || error.errno === 'ENOTDIR' || error.errno === 'ELOOP';
  if (isMissing && error.target === options.start) {
    return new EngineError('not-found', `no such file or directory: ${options.start}`, { cause: error });
  }
  return toUnpackError(error);
}
