import { type FileHandle, open } from 'node:fs/promises';

const PART_SIZE = 1 << 20;

export interface ReadPartsOptions {
  /** A part is there only until the next one is asked for: memory that is new to the process costs more than what is read into it. */
  readonly reuse?: boolean;
}

/** A file from where it stands to its end, in parts of a megabyte; then, and when nobody reads on, it is closed. */
export async function* readParts(file: FileHandle, { reuse = false }: ReadPartsOptions = {}): AsyncGenerator<Buffer> {
  try {
    let buffer = Buffer.allocUnsafe(PART_SIZE);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PART_SIZE);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      if (!reuse) buffer = Buffer.allocUnsafe(PART_SIZE);
    }
  } finally {
    await file.close();
  }
}

/** The file at the path, which is opened when the first part is asked for. Rejects as open(2). */
export async function* readFileParts(path: string, options?: ReadPartsOptions): AsyncGenerator<Buffer> {
  yield* readParts(await open(path), options);
}
