import { isAbsolute, resolve } from 'node:path';
import { EngineError } from '../../model/errors.js';
import { BIND_FLAGS, MOUNT_PROPAGATIONS, OPPOSITE_FLAGS } from '../../model/mount-words.js';
import type { SpecMount } from '../isolation/oci-spec.js';
import type { BundleMount } from './bundle-config.js';

/** What the isolation knows of a bind. */
export const BIND_OPTIONS: readonly string[] = [...['bind', 'rbind', 'rro'], ...BIND_FLAGS, ...MOUNT_PROPAGATIONS];

/** What a mount is anyway: the opposites of flags, and words of mount(8) that mean nothing to mount(2). */
export const WITHOUT_EFFECT: readonly string[] = [
  ...OPPOSITE_FLAGS,
  ...['relatime', 'defaults', 'async', 'loud', 'nomand', 'noiversion', 'nolazytime', 'symfollow'],
];

/** A new file system is nobody's peer. */
const PRIVATE = ['private', 'rprivate'];

/** Of mount(2) or of other runtimes, and not done here: ignored they would mean something else. */
const REFUSED = [
  ...MOUNT_PROPAGATIONS,
  ...['idmap', 'ridmap', 'unbindable', 'runbindable', 'remount', 'nosymfollow'],
  ...['sync', 'dirsync', 'mand', 'iversion', 'lazytime', 'silent', 'copy-up', 'rro'],
];

/** Other runtimes' word for: what the image has at this place is in the tmpfs too. */
const COPY_UP = 'tmpcopyup';

/** The mounts of a config.json as the isolation has them. Throws invalid-argument and not-implemented. */
export function toMounts(mounts: readonly BundleMount[], bundle: string): readonly SpecMount[] {
  return mounts.map((mount) => (isBind(mount) ? toBind(mount, bundle) : toFileSystem(mount)));
}

/** The type of a bind is what its options say: config.md, "Linux mount options". */
function isBind({ type, options = [] }: BundleMount): boolean {
  return type === 'bind' || options.includes('bind') || options.includes('rbind');
}

function toBind({ destination, source, options = [] }: BundleMount, bundle: string): SpecMount {
  if (source === undefined) throw new EngineError('invalid-argument', `the bind at ${destination} has no source`);
  const kept = options.filter((option) => !WITHOUT_EFFECT.includes(option));
  const unknown = kept.find((option) => !BIND_OPTIONS.includes(option));
  if (unknown !== undefined) throw refuseOption(unknown, destination);
  const recursive = kept.includes('rbind') ? 'rbind' : 'bind';
  const others = kept.filter((option) => option !== 'bind' && option !== 'rbind');
  const path = isAbsolute(source) ? source : resolve(bundle, source);
  return { destination: toAbsolute(destination), type: 'bind', source: path, options: [recursive, ...others] };
}

function toFileSystem({ destination, type, source, options = [] }: BundleMount): SpecMount {
  if (type === undefined || type === '') {
    throw new EngineError('invalid-argument', `the mount at ${destination} has no type`);
  }
  const kept = options.filter((option) => !WITHOUT_EFFECT.includes(option) && !PRIVATE.includes(option));
  const refused = kept.find((option) => REFUSED.includes(option));
  if (refused !== undefined) throw refuseOption(refused, destination);
  return {
    destination: toAbsolute(destination),
    type,
    source: source || type,
    options: kept.map((option) => (option === COPY_UP ? 'copy-up' : option)),
  };
}

/** Older configs have `dev` for `/dev`. */
function toAbsolute(destination: string): string {
  return destination.startsWith('/') ? destination : `/${destination}`;
}

function refuseOption(option: string, destination: string): EngineError {
  return new EngineError(
    'not-implemented',
    `the mount option "${option}" of ${destination} is not supported by this runtime`,
  );
}
