import type { RootSpec } from '../../src/engine/layers/root-spec.js';
import { walk } from '../../src/engine/layers/walk-role.js';
import type { FileEntry } from '../../src/platform/tar/file-entry.js';
import { nativeProgram } from './native-program.js';

export interface WalkedEntry extends FileEntry {
  readonly bytes: Buffer;
}

/** Everything below a root, by path. */
export async function walkTree(root: RootSpec): Promise<ReadonlyMap<string, WalkedEntry>> {
  const found: { readonly entry: FileEntry; readonly parts: Buffer[] }[] = [];
  const sink = {
    entry: (entry: FileEntry) => void found.push({ entry, parts: [] }),
    content: (bytes: Uint8Array) => void found.at(-1)?.parts.push(Buffer.from(bytes)),
  };
  await walk({ program: nativeProgram, root, content: true }, sink, () => undefined);
  return new Map(found.map(({ entry, parts }) => [entry.path, { ...entry, bytes: Buffer.concat(parts) }]));
}
