import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { EngineError } from '../../model/errors.js';
import type { VolumeName } from '../../model/ids.js';
import type { Volume } from '../../model/volume.js';
import { removeFolder } from '../../platform/remove-folder.js';
import type { ByteStream, Cancellable } from '../engine.js';
import { streamTar } from '../layers/stream-tar.js';
import { startUnpacking } from '../layers/unpack-role.js';
import type { VolumeStore } from '../volumes/volume-store.js';
import { unpackTar } from './unpack-tar.js';

export interface VolumeArchiveParts {
  readonly volumes: Pick<VolumeStore, 'create' | 'find' | 'remove' | 'sourceOf' | 'stage' | 'usersOf'>;
  /** Path of gantry-init. */
  readonly program: string;
}

/** A tar of all that is in a volume, holes left out. Containers may change it meanwhile. Throws not-found. */
export async function exportVolume(
  { volumes, program }: VolumeArchiveParts,
  name: VolumeName,
  { signal }: Cancellable = {},
): Promise<ByteStream> {
  const { source } = await volumes.sourceOf(name);
  return streamTar({ program, root: { kind: 'directory', path: source }, holes: true, ...(signal && { signal }) });
}

/**
 * Unpacks a tar, plain or compressed, into a volume, which is made if it is missing. What is there stays and is replaced file by
 * file, as with `docker cp`, also before containers that run; so of a broken archive what came before its end is there. In a
 * volume that was empty and that nobody has, it is all or nothing.
 */
export async function importVolume(
  parts: VolumeArchiveParts,
  name: VolumeName,
  source: { readonly tar: ByteStream; readonly options?: Cancellable },
): Promise<void> {
  const { volumes } = parts;
  const isNew = volumes.find(name) === undefined;
  const volume = volumes.create({ name });
  try {
    const place = await volumes.sourceOf(name);
    const isFree = place.source === volume.mountpoint && volumes.usersOf(name).length === 0;
    if (isFree && readdirSync(volume.mountpoint).length === 0) await unpackBeside(parts, volume, source);
    else await unpack(parts, place.source, source);
  } catch (error) {
    if (isNew) removeUnused(parts, name);
    throw error;
  }
}

type Source = Parameters<typeof importVolume>[2];

async function unpackBeside(parts: VolumeArchiveParts, { name, mountpoint }: Volume, source: Source): Promise<void> {
  const staged = parts.volumes.stage();
  mkdirSync(staged, { mode: 0o755 });
  try {
    await unpack(parts, staged, source);
    // It may have the folder before it that would be replaced.
    if (parts.volumes.usersOf(name).length > 0) {
      throw new EngineError('conflict', `import ${name}: a container has got the volume meanwhile`);
    }
    renameSync(staged, mountpoint);
  } finally {
    removeFolder(staged);
  }
}

async function unpack({ program }: VolumeArchiveParts, path: string, { tar, options = {} }: Source): Promise<void> {
  await unpackTar(startUnpacking({ program, root: { kind: 'directory', path } }), tar, options);
}

/** A container may have come to have it meanwhile. */
function removeUnused({ volumes }: VolumeArchiveParts, name: VolumeName): void {
  try {
    volumes.remove(name);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
}
