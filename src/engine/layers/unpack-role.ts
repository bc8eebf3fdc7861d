import { EngineError, type ErrorKind } from '../../model/errors.js';
import { RoleFailure, startRole } from '../../platform/role-process.js';
import type { EntrySink } from '../../platform/tar/file-entry.js';
import { EntryEncoder } from './entry-codec.js';
import { type RootSpec, toRootArguments } from './root-spec.js';

export interface UnpackOptions {
  /** Path of gantry-init. */
  readonly program: string;
  readonly root: RootSpec;
  /** Directory in the root that everything is made below; default the root itself. */
  readonly base?: string;
  /** `base` is made, and is a root of its own: what is unpacked links to nothing beside it. */
  readonly apart?: boolean;
  /** Make whiteouts as overlay has them; otherwise what they name is removed. */
  readonly overlayWhiteouts?: boolean;
  /** Refuse to replace a directory by something else, or the other way round. */
  readonly keepKind?: boolean;
  /** Write all to its disk at the end, and fail with what cannot be. */
  readonly sync?: boolean;
}

/** Makes files of the entries that are put into it. */
export interface Unpacking extends EntrySink {
  /** Waits until the process has taken most of what was put; call it between parts. */
  drain(): Promise<void>;
  /** Resolves when all of it is there. Rejects with EngineError. */
  finish(): Promise<void>;
  /** Stops; what was made so far stays. Resolves when nothing more is made. */
  abort(): Promise<void>;
}

export function startUnpacking(options: UnpackOptions): Unpacking {
  const words = [
    options.overlayWhiteouts === true && 'overlay',
    options.keepKind === true && 'keep-kind',
    options.sync === true && 'sync',
    options.apart === true && 'apart',
  ];
  const role = startRole(options.program, [
    'unpack',
    words.filter((word) => word !== false).join(','),
    options.base ?? '',
    ...toRootArguments(options.root),
  ]);
  let failure: unknown;
  role.done.catch((error: unknown) => {
    failure = error;
  });
  let pending: Promise<void>[] = [];
  const encoder = new EntryEncoder((bytes, release) => pending.push(role.write(bytes, release)));
  const drain = async () => {
    const writes = pending;
    pending = [];
    await Promise.all(writes);
    if (failure !== undefined) throw toUnpackError(failure);
  };
  return {
    entry: (entry) => encoder.entry(entry),
    content: (bytes) => encoder.content(bytes),
    drain,
    async finish() {
      encoder.finish();
      await drain();
      role.end();
      await role.done.catch((error: unknown) => {
        throw toUnpackError(error);
      });
    },
    async abort() {
      role.kill();
      await role.done.catch(() => undefined);
    },
  };
}

/** What the archive is to blame for: its entries do not fit together. */
const ARCHIVE_ERRORS: ReadonlySet<string> = new Set([
  'ELOOP',
  'ENOTDIR',
  'ENOENT',
  'EINVAL',
  'EEXIST',
  'ENAMETOOLONG',
  'EISDIR',
  'EXDEV',
  'ERANGE',
  'EMLINK',
]);

/** An error of unpack or walk as the engine tells it. */
export function toUnpackError(error: unknown): EngineError {
  if (!(error instanceof RoleFailure)) return new EngineError('internal', String(error), { cause: error });
  const reason = error.errno === '-' ? '' : `: ${error.errno}`;
  const message = error.target === '' ? error.message : `${error.message} "${error.target}"`;
  return new EngineError(toKind(error.errno), `${message}${reason}`, { cause: error });
}

function toKind(errno: string): ErrorKind {
  if (ARCHIVE_ERRORS.has(errno)) return 'invalid-argument';
  if (errno === 'EROFS' || errno === 'EACCES') return 'permission-denied';
  return errno === 'ENOSPC' || errno === 'EDQUOT' ? 'unavailable' : 'internal';
}
