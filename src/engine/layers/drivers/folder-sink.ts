import { statSync } from 'node:fs';
import type { LayerSink } from '../layer-sink.js';
import { startUnpacking } from '../unpack-role.js';

/** Makes files of a layer's entries in an empty folder, whiteouts in the form that overlay has. */
export function createFolderSink(program: string, folder: string): LayerSink {
  return startUnpacking({ program, root: { kind: 'directory', path: folder }, overlayWhiteouts: true });
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
