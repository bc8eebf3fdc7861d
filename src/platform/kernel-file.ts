import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  promises,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  watch,
  writeSync,
} from 'node:fs';

/** A failed read or write of a kernel file; `code` is the errno's name. The message is fit to show as it is. */
export class KernelFileError extends Error {
  override readonly name = 'KernelFileError';
  readonly code: string;
  readonly path: string;

  constructor(action: string, path: string, cause: unknown) {
    const code = errnoOf(cause);
    super(`cannot ${action} ${path}: ${code}`, { cause });
    this.code = code;
    this.path = path;
  }
}

/**
 * Files of /proc and cgroupfs: small, never created or truncated to a length, one write per value. An interface, so
 * that a tree in a temporary folder can stand in for a kernel that is not at hand. Everything throws KernelFileError.
 */
export interface KernelFiles {
  /** The whole text without its last line feed. */
  read(path: string): string;
  /** As read; undefined where the file (or what it speaks of) does not exist. */
  readIfThere(path: string): string | undefined;
  /** One write(2); the kernel takes the value or refuses it before this returns. */
  write(path: string, text: string): void;
  /** Several values for one file, one write(2) each, on one descriptor. */
  writeEach(path: string, texts: readonly string[]): void;
  /** As write, off the event loop: for files that make the kernel reclaim memory, which can take seconds. */
  writeInBackground(path: string, text: string): Promise<void>;
  exists(path: string): boolean;
  /** False if it is there already. The parent must exist. */
  makeDirectory(path: string): boolean;
  /** False if it is gone already. Cgroup folders go with the files in them. */
  removeDirectory(path: string): boolean;
  /** Names of all that is in `path`; empty where there is none. */
  listNames(path: string): readonly string[];
  /** Names of the folders in `path`; empty where there is none. */
  listDirectories(path: string): readonly string[];
  /** Calls back when the kernel says that the file's content changed; returns what ends it. */
  watch(path: string, onChange: () => void): () => void;
  /** Keeps `path` open to be read again and again; undefined where it does not exist. */
  keepOpen(path: string): KeptFile | undefined;
}

/** One open descriptor; each read starts at the beginning and costs one system call. */
export interface KeptFile {
  /** The text, line feeds and all; undefined once the object behind the file has gone. */
  read(): string | undefined;
  close(): void;
}

/** The kernel's own files. */
export const kernelFiles: KernelFiles = {
  read: (path) => attempt('read', path, () => readFileSync(path, 'latin1').trimEnd()),
  readIfThere(path) {
    try {
      return this.read(path);
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },
  write: (path, text) => attempt(`write ${JSON.stringify(text)} to`, path, () => writeOnce(path, [text])),
  writeEach: (path, texts) => attempt(`write ${texts.length} values to`, path, () => writeOnce(path, texts)),
  writeInBackground,
  exists: existsSync,
  makeDirectory: (path) => attempt('make', path, () => unless('EEXIST', () => mkdirSync(path))),
  removeDirectory: (path) => attempt('remove', path, () => unless('ENOENT', () => rmdirSync(path))),
  listNames: (path) => listOrNothing(path, () => readdirSync(path)),
  listDirectories: (path) =>
    listOrNothing(path, () =>
      readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name),
    ),
  watch(path, onChange) {
    const watcher = watch(path, { persistent: false }, onChange);
    // The group went while it was watched: whoever waits looks again by itself.
    watcher.on('error', onChange);
    return () => watcher.close();
  },
  keepOpen,
};

/** The errno's name of what a file call threw, or UNKNOWN. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

// O_TRUNC means nothing to the kernel's files and is right for a file that stands in for one.
const WRITE_FLAGS = constants.O_WRONLY | constants.O_TRUNC;

function writeOnce(path: string, texts: readonly string[]): void {
  const fd = openSync(path, WRITE_FLAGS);
  try {
    for (const text of texts) writeSync(fd, text === '' ? '\n' : text);
  } finally {
    closeSync(fd);
  }
}

async function writeInBackground(path: string, text: string): Promise<void> {
  try {
    const file = await promises.open(path, WRITE_FLAGS);
    try {
      await file.write(text === '' ? '\n' : text);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new KernelFileError(`write ${JSON.stringify(text)} to`, path, error);
  }
}

function attempt<T>(action: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new KernelFileError(action, path, error);
  }
}

function listOrNothing(path: string, list: () => readonly string[]): readonly string[] {
  try {
    return list();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw new KernelFileError('list', path, error);
  }
}

function unless(code: string, act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (errnoOf(error) === code) return false;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENODEV', 'ESRCH', 'EOPNOTSUPP'].includes(errnoOf(error));
}

// memory.stat is the longest file read so: 2 KB. /proc/PID/net/dev grows with the interfaces.
const BUFFER_BYTES = 16 * 1024;

function keepOpen(path: string): KeptFile | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw new KernelFileError('open', path, error);
  }
  let isOpen = true;
  return {
    read() {
      if (!isOpen) return undefined;
      try {
        return sharedBuffer.toString('latin1', 0, readSync(fd, sharedBuffer, 0, BUFFER_BYTES, 0));
      } catch (error) {
        if (isGone(error)) return undefined;
        throw new KernelFileError('read', path, error);
      }
    },
    close() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

// Holds one read for as long as it takes to make a string of it; never anything between two calls.
const sharedBuffer = Buffer.allocUnsafe(BUFFER_BYTES);
