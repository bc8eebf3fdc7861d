import { KernelFileError, type KernelFiles } from '../../../platform/kernel-file.js';

/** One value for one file. */
export interface KernelWrite {
  readonly path: string;
  readonly value: string;
  /** What to write to get back to the state whose text is given; the text itself by default. */
  readonly toOld?: (text: string) => string;
  /** What to write where the kernel answers the value with ENOSPC. */
  readonly whenFull?: () => string;
  /** The kernel may reclaim memory before it answers. */
  readonly isSlow?: boolean;
}

/** Writes in the order given. For groups that nothing lives in yet: there is no undo, the group is removed. */
export function writeAll(files: KernelFiles, writes: readonly KernelWrite[]): void {
  for (let i = 0; i < writes.length; ) {
    const { path = '', value = '' } = writes[i] ?? {};
    let end = i + 1;
    while (writes[end]?.path === path) end++;
    if (end === i + 1) files.write(path, value);
    else
      files.writeEach(
        path,
        writes.slice(i, end).map((write) => write.value),
      );
    i = end;
  }
}

/**
 * Writes in the order given; when one is refused, writes the old values back in reverse order, which is valid because
 * each step was, and throws the refusal.
 */
export async function writeOrUndo(files: KernelFiles, writes: readonly KernelWrite[]): Promise<void> {
  const undo: KernelWrite[] = [];
  for (const write of writes) {
    try {
      const old = files.read(write.path);
      if (write.isSlow) await files.writeInBackground(write.path, write.value);
      else writeOne(files, write);
      undo.unshift({ ...write, value: write.toOld?.(old) ?? old });
    } catch (error) {
      undoAll(files, undo, error);
      throw error;
    }
  }
}

function writeOne(files: KernelFiles, { path, value, whenFull }: KernelWrite): void {
  try {
    files.write(path, value);
  } catch (error) {
    const isFull = error instanceof KernelFileError && error.code === 'ENOSPC';
    if (whenFull === undefined || !isFull) throw error;
    files.write(path, whenFull());
  }
}

function undoAll(files: KernelFiles, undo: readonly KernelWrite[], cause: unknown): void {
  const failures: string[] = [];
  for (const write of undo) {
    try {
      writeOne(files, write);
    } catch (error) {
      failures.push((error as KernelFileError).message);
    }
  }
  if (failures.length > 0) throw new Error(`limits are half changed: ${failures.join('; ')}`, { cause });
}
