import type { ErrorKind } from '../../model/errors.js';

/** What the monitor says of a start that failed; isolation/native/README.md, "The handshake". */
export interface FailureRecord {
  readonly operation: string;
  readonly target: string;
  readonly errno: string;
  readonly message: string;
}

export interface StartFailure {
  readonly kind: ErrorKind;
  /** 127 and 126 as a shell has them; 128 for what is the engine's own. */
  readonly exitCode: number;
  readonly message: string;
}

/**
 * Docker's command line reads the exit code out of runc's words (`executable file not found`, `no such file or directory`,
 * `permission denied`), so these are the words for it.
 */
export function describeStartFailure({ operation, target, errno, message }: FailureRecord): StartFailure {
  const prefix = 'failed to create task for container: OCI runtime create failed';
  if (operation === 'exec' && (errno === 'ENOENT' || errno === 'ENOTDIR')) {
    const reason = target.includes('/')
      ? `exec: "${target}": stat ${target}: no such file or directory`
      : `exec: "${target}": executable file not found in $PATH`;
    return { kind: 'command-not-found', exitCode: 127, message: `${prefix}: ${reason}: unknown` };
  }
  if (operation === 'exec' && ['EACCES', 'ENOEXEC', 'EISDIR', 'EPERM'].includes(errno)) {
    const reason = errno === 'ENOEXEC' ? 'exec format error' : 'permission denied';
    return {
      kind: 'command-not-executable',
      exitCode: 126,
      message: `${prefix}: exec: "${target}": ${reason}: unknown`,
    };
  }
  if (operation === 'port' && errno === 'EADDRINUSE') {
    const message = `failed to set up container networking: ${target}: address already in use`;
    return { kind: 'internal', exitCode: 128, message };
  }
  if (operation === 'subpath') return describeSubpath(target, errno);
  return { kind: 'internal', exitCode: 128, message: describeOther({ operation, target, errno, message }) };
}

function describeOther({ operation, target, errno, message }: FailureRecord): string {
  const about = target === '' ? operation : `${operation} ${target}`;
  const what = operation === 'network' ? 'failed to set up container networking' : `cannot start: ${about}`;
  return `${what}: ${message}${errno === '' ? '' : `: ${errno}`}`;
}

function describeSubpath(path: string, errno: string): StartFailure {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'no such file or directory',
    ENOTDIR: 'not a directory',
    EXDEV: 'it leads out of the volume',
  };
  return { kind: 'internal', exitCode: 128, message: `cannot access path ${path}: ${reasons[errno] ?? errno}` };
}
