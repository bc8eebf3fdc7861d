import { join } from 'node:path';
import { messageOf } from '../../../model/errors.js';
import { createFileDigests } from '../../../platform/file-digest/file-digests.js';
import type { ProcessSpawner } from '../../../platform/process-spawner.js';
import { openStaging } from '../../../platform/staging.js';
import { TarWriter } from '../../../platform/tar/tar-writer.js';
import { applyLayer } from '../apply-layer.js';
import { INDEX_FILE } from '../file-index/layer-indexes.js';
import { removePath } from '../remove-role.js';
import { walk } from '../walk-role.js';
import type { StorageDriver } from './storage-driver.js';

const TEXT = 'there';

export interface TrialOptions {
  /** The state root. */
  readonly root: string;
  /** Path of gantry-init. */
  readonly program: string;
  readonly spawner: ProcessSpawner;
}

/**
 * Mounts a layer of one file below a container's, on the root's own file system, and reads the file: many file systems that can keep
 * files cannot be the upper side of an overlay. Resolves with what went wrong.
 */
export async function tryDriver(
  driver: StorageDriver,
  { root, program, spawner }: TrialOptions,
): Promise<string | undefined> {
  const staging = openStaging(join(root, 'staging'));
  const [layer, writable] = [staging.path(), staging.path()];
  const { fuseProgram } = driver;
  try {
    const { sink, finish } = await driver.beginLayer(layer, { program });
    await applyLayer({
      ...{ program, digests: createFileDigests(), source: makeTar() },
      sink,
      index: join(layer, INDEX_FILE),
      hasBelow: false,
    });
    await finish();
    await driver.makeWritable(writable, layer);
    const { lowers, upper, work } = driver.findRoot(writable, driver.layerFolders([layer]));
    const overlay = { kind: 'overlay', lowers, upper: { upper, work }, ...(fuseProgram && { fuseProgram }) } as const;
    let text = '';
    const reader = {
      entry: () => undefined,
      content(bytes: Uint8Array) {
        text += Buffer.from(bytes).toString();
      },
    };
    await walk({ program, root: overlay, content: true }, reader, () => undefined);
    return text === TEXT ? undefined : 'what a layer has cannot be read';
  } catch (error) {
    return messageOf(error);
  } finally {
    await removePath(spawner, layer, writable);
  }
}

async function* makeTar(): AsyncGenerator<Buffer> {
  const parts: Buffer[] = [];
  const writer = new TarWriter((bytes) => parts.push(bytes));
  const nothing = { target: '', uid: 0, gid: 0, major: 0, minor: 0, mtimeSeconds: 0, mtimeNanoseconds: 0 };
  writer.entry({ ...nothing, kind: 'file', path: 'file', mode: 0o644, sizeBytes: TEXT.length });
  writer.content(Buffer.from(TEXT));
  writer.finish();
  yield await Promise.resolve(Buffer.concat(parts));
}
