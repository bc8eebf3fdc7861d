import { EngineError } from '../../model/errors.js';
import type { FileEntry } from '../../platform/tar/file-entry.js';
import { toLayerRoot } from '../layers/layer-roots.js';
import { walk } from '../layers/walk-role.js';
import type { WritableLayer } from '../layers/writable-layers.js';

export interface MountedFileOptions {
  /** Path of gantry-init. */
  readonly program: string;
  readonly layer: WritableLayer;
  readonly maxBytes: number;
}

/** As readRootFile (read-root-file.ts), of a root that has to be mounted to be seen. */
export async function readMountedFile({ program, layer, maxBytes }: MountedFileOptions, path: string): Promise<string> {
  const parts: Buffer[] = [];
  const sink = {
    entry({ sizeBytes }: FileEntry) {
      if (sizeBytes > maxBytes) throw new EngineError('not-found', `${path} is too long`);
    },
    content: (bytes: Uint8Array) => void parts.push(Buffer.from(bytes)),
  };
  const options = { program, root: toLayerRoot(layer, 'read'), start: path, flat: true, follow: true, content: true };
  try {
    await walk(options, sink, () => undefined);
    return Buffer.concat(parts).toString();
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return '';
    throw error;
  }
}
