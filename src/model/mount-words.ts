/** Flags of mount(2) that are attributes of one mount, each with what the mount is without it. mount(8), "filesystem-independent mount options" */
export const MOUNT_ATTRIBUTES: readonly (readonly [on: string, off: string])[] = [
  ['ro', 'rw'],
  ['nosuid', 'suid'],
  ['nodev', 'dev'],
  ['noexec', 'exec'],
  ['noatime', 'atime'],
  ['nodiratime', 'diratime'],
  ['relatime', 'norelatime'],
  ['strictatime', 'nostrictatime'],
];

export const MOUNT_FLAGS: readonly string[] = MOUNT_ATTRIBUTES.map(([on]) => on);
/** Those of a bind: `relatime` is how the source is mounted, unless another flag says otherwise. */
export const BIND_FLAGS: readonly string[] = MOUNT_FLAGS.filter((flag) => flag !== 'relatime');
/** What a mount is without a flag. */
export const OPPOSITE_FLAGS: readonly string[] = MOUNT_ATTRIBUTES.map(([, off]) => off);

/** mount_namespaces(7), with all that is mounted below or without. */
export const MOUNT_PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'] as const;
export type MountPropagation = (typeof MOUNT_PROPAGATIONS)[number];
