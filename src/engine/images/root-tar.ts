import { type FileEntry, toByteString } from '../../platform/tar/file-entry.js';
import { TarWriter } from '../../platform/tar/tar-writer.js';

/** Files of a root file system that the engine makes itself, in text paths; owned by root unless said. */
export type RootFile =
  | { readonly kind: 'directory'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'file'; readonly path: string; readonly content: string | Uint8Array; readonly mode?: number }
  | { readonly kind: 'symlink' | 'hardlink'; readonly path: string; readonly target: string };

/** A tar of these files, the same bytes for the same files: all times are 0. */
export function makeRootTar(files: readonly RootFile[]): Buffer {
  const parts: Buffer[] = [];
  const writer = new TarWriter((bytes) => parts.push(bytes));
  for (const file of files) {
    const content = file.kind === 'file' ? Buffer.from(file.content) : undefined;
    writer.entry(toEntry(file, content?.length ?? 0));
    if (content !== undefined && content.length > 0) writer.content(content);
  }
  writer.finish();
  return Buffer.concat(parts);
}

function toEntry(file: RootFile, sizeBytes: number): FileEntry {
  return {
    kind: file.kind,
    path: toByteString(file.path),
    target: 'target' in file ? toByteString(file.target) : '',
    mode: toMode(file),
    uid: 0,
    gid: 0,
    major: 0,
    minor: 0,
    mtimeSeconds: 0,
    mtimeNanoseconds: 0,
    sizeBytes,
  };
}

function toMode(file: RootFile): number {
  if (file.kind === 'directory') return file.mode ?? 0o755;
  if (file.kind === 'file') return file.mode ?? 0o644;
  return file.kind === 'symlink' ? 0o777 : 0o755;
}
