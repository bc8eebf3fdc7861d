import { type FileHandle, open } from 'node:fs/promises';

const PART_SIZE = 1 << 20;

export interface ReadPartsOptions {
  /** A part is there only until the next one is asked for: memory that is new to the process costs more than what is read into it. */
  readonly reuse?: boolean;
}

/**
 * A file from where it stands to its end, in parts of a megabyte; then, and when nobody reads on, it is closed. Of a regular file the
 * next part is read while the caller is at work on one; of others nothing is that was not asked for.
 */
export async function* readParts(file: FileHandle, { reuse = false }: ReadPartsOptions = {}): AsyncGenerator<Buffer> {
  let ahead: Promise<{ readonly bytesRead: number }> | undefined;
  try {
    const isRegular = (await file.stat()).isFile();
    let buffer = Buffer.allocUnsafe(PART_SIZE);
    let other = reuse ? Buffer.allocUnsafe(PART_SIZE) : undefined;
    for (;;) {
      const { bytesRead } = await (ahead ?? file.read(buffer, 0, PART_SIZE));
      ahead = undefined;
      if (bytesRead === 0) return;
      const part = buffer.subarray(0, bytesRead);
      [buffer, other] = [other ?? Buffer.allocUnsafe(PART_SIZE), reuse ? buffer : undefined];
      if (isRegular) ahead = file.read(buffer, 0, PART_SIZE);
      // Who does not read on does not hear of it.
      ahead?.catch(() => undefined);
      yield part;
    }
  } finally {
    // Whoever gets the number of its descriptor next is not to be read from.
    await ahead?.catch(() => undefined);
    await file.close();
  }
}

/** The file at the path, which is opened when the first part is asked for. Rejects as open(2). */
export async function* readFileParts(path: string, options?: ReadPartsOptions): AsyncGenerator<Buffer> {
  yield* readParts(await open(path), options);
}
