import { open } from 'node:fs/promises';

/** Writes a file that is not there yet, one part after the other; what there is of it stays where that fails. Rejects as open(2) and write(2). */
export async function writeParts(path: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const bytes of parts) await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}
