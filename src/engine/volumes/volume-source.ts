import { lookup } from 'node:dns/promises';
import { mkdirSync, statSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import { EngineError } from '../../model/errors.js';
import { MOUNT_FLAGS, MOUNT_PROPAGATIONS, OPPOSITE_FLAGS } from '../../model/mount-words.js';
import { isOwnFolder, type Volume } from '../../model/volume.js';

/** Where the files of a volume are. */
export interface VolumeSource {
  /** A folder of the host; or the text of native/volume.h, for a file system that is mounted while somebody has it. */
  readonly source: string;
  /** A folder or a file system of the engine's own: in a user namespace its ids are the container's. */
  readonly isOwn: boolean;
  readonly readOnly?: boolean;
  /** Not what is mounted below the folder. */
  readonly nonRecursive?: boolean;
}

/** Those that the file system is told. `ro` is both, so that a device that cannot be written to is taken. */
const OF_FILE_SYSTEM = ['ro', 'sync', 'dirsync', 'mand'];
/** The rest of what mount(8) knows for every file system: defaults, or nothing that a detached mount has. */
const WITHOUT_EFFECT = [
  ...['defaults', 'async', 'nomand', 'remount', 'bind', 'rbind', 'unbindable', 'runbindable'],
  ...OPPOSITE_FLAGS,
  ...MOUNT_PROPAGATIONS,
];

/**
 * What is to be bound into a container for the volume; `folder` is where those who have it say so. Names of servers are
 * looked up, which the kernel does not do. Throws invalid-argument in Docker's words where it cannot be mounted.
 */
export async function findVolumeSource(volume: Volume, folder: string): Promise<VolumeSource> {
  if (isOwnFolder(volume)) return { source: volume.mountpoint, isOwn: true };
  const { type = '', device = '', o = '' } = volume.options ?? {};
  if (device === '') throw fail(volume, 'missing device in volume options');
  const words = o.split(',').filter((word) => word !== '');
  if (words.includes('bind') || words.includes('rbind')) return bindSource(volume, device, words);
  const options = words.filter((word) => !MOUNT_FLAGS.includes(word) && !WITHOUT_EFFECT.includes(word));
  const resolved = type === 'nfs' || type === 'cifs' ? await resolveAddress(volume, options) : options;
  const sent = [...words.filter((word) => OF_FILE_SYSTEM.includes(word)), ...resolved];
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const flags = words.filter((word) => MOUNT_FLAGS.includes(word)).join(',');
  const lines = [folder, type, device, flags, ...new Set(sent)];
  return { source: `volume:${lines.join('\n')}`, isOwn: type === 'tmpfs', readOnly: words.includes('ro') };
}

/** Docker's words for a volume that cannot be mounted, `reason` as the kernel's. */
export function describeMountFailure(volume: Volume, reason: string): string {
  const { device = '', o = '' } = volume.options ?? {};
  const isBind = /(^|,)r?bind(,|$)/.test(o);
  const data = o
    .split(',')
    .filter((word) => word !== '' && !MOUNT_FLAGS.includes(word) && !WITHOUT_EFFECT.includes(word))
    .join(',');
  const how = [...(isBind ? ['flags: 0x1000'] : []), ...(data === '' ? [] : [`data: ${data}`])];
  const mount = [`mount ${device}:${volume.mountpoint}`, ...how].join(', ');
  return describe(volume, `failed to mount local volume: ${mount}: ${reason}`);
}

/** The kernel's reason as Docker words it. What Linux before 6.15 cannot do has no word of its own. */
export function describeErrno(errno: string, message: string): string {
  if (message.includes('Linux 6.15')) return message;
  const known = [...getSystemErrorMap().values()].find(([name]) => name === errno);
  return known?.[1] ?? errno;
}

function bindSource(volume: Volume, device: string, words: readonly string[]): VolumeSource {
  const status = statSync(device, { throwIfNoEntry: false });
  const reason = status === undefined ? 'no such file or directory' : 'not a directory';
  if (status?.isDirectory() !== true) throw new EngineError('invalid-argument', describeMountFailure(volume, reason));
  return {
    source: device,
    isOwn: false,
    readOnly: words.includes('ro'),
    nonRecursive: !words.includes('rbind'),
  };
}

async function resolveAddress(volume: Volume, options: readonly string[]): Promise<readonly string[]> {
  const name = options.find((option) => option.startsWith('addr='))?.slice('addr='.length);
  if (name === undefined || name === '' || isIPv4(name)) return options;
  const { address } = await lookup(name).catch((error: unknown) => {
    throw fail(volume, `error resolving passed in network volume address: lookup ${name}: ${describeLookup(error)}`);
  });
  return options.map((option) => (option === `addr=${name}` ? `addr=${address}` : option));
}

function describeLookup(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOTFOUND' ? 'no such host' : `${code}`;
}

function fail(volume: Volume, reason: string): EngineError {
  return new EngineError('invalid-argument', describe(volume, reason));
}

function describe({ mountpoint }: Volume, reason: string): string {
  return `error while mounting volume '${mountpoint}': ${reason}`;
}
