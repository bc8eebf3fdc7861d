import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';
import type { DeviceConfig } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { SpecDevice, SpecDeviceRule } from './oci-spec.js';

/** A device of the host in a container: the node, and what the device cgroup lets it do. */
export interface DeviceGrant {
  readonly device: SpecDevice;
  /** Letters of `rwm`. */
  readonly access: string;
}

/** Nodes that every container has; OCI runtime spec, config-linux.md, "Default Devices". */
export const DEFAULT_DEVICES: readonly SpecDevice[] = [
  makeNode('/dev/null', 1, 3),
  makeNode('/dev/zero', 1, 5),
  makeNode('/dev/full', 1, 7),
  makeNode('/dev/random', 1, 8),
  makeNode('/dev/urandom', 1, 9),
  makeNode('/dev/tty', 5, 0),
];

/** Links that every container has in /dev: [target, path]. The same section, and `core` as Docker adds it. */
export const DEFAULT_DEVICE_LINKS: readonly (readonly [target: string, path: string])[] = [
  ['/proc/self/fd', '/dev/fd'],
  ['/proc/self/fd/0', '/dev/stdin'],
  ['/proc/self/fd/1', '/dev/stdout'],
  ['/proc/self/fd/2', '/dev/stderr'],
  ['/proc/kcore', '/dev/core'],
  ['pts/ptmx', '/dev/ptmx'],
];

/** Folders and nodes of the host's /dev that a container has of its own. */
const OWN_PATHS = [
  '/dev/ptmx',
  '/dev/pts',
  '/dev/shm',
  '/dev/fd',
  '/dev/mqueue',
  '/dev/console',
  '/dev/.udev',
  '/dev/.lxc',
];

/** Docker's rules of the device cgroup: anything may be made, what every container has may be used. */
const DEFAULT_RULES: readonly SpecDeviceRule[] = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  ...DEFAULT_DEVICES.map(({ major, minor }) => allowNode('c', major, minor)),
  allowNode('c', 5, 1),
  allowNode('c', 5, 2),
  { allow: true, type: 'c', major: 136, access: 'rwm' },
];

/**
 * The nodes of `--device`: one, or all below a folder. Throws invalid-argument with Docker's words where the path is no
 * device, and for a folder without one.
 */
export function findDevices(configs: readonly DeviceConfig[]): readonly DeviceGrant[] {
  return configs.flatMap(({ hostPath, containerPath, permissions }) => {
    const path = resolveDevice(hostPath);
    const nodes = listNodes(path, () => true);
    if (nodes.length === 0) {
      throw badDevice(hostPath, 'not a device node');
    }
    return nodes.map((node) => {
      const place = join(containerPath, relative(path, node.path));
      return { device: { ...node, path: place }, access: permissions };
    });
  });
}

/** All nodes of the host, as `--privileged` gives them. */
export function listHostDevices(): readonly DeviceGrant[] {
  return listNodes('/dev', (path) => !OWN_PATHS.includes(path)).map((device) => ({ device, access: 'rwm' }));
}

/** The rules of the device cgroup for the OCI spec. `extra` is what `--device-cgroup-rule` gave, such as `c 42:* rmw`. */
export function toDeviceRules(
  grants: readonly DeviceGrant[],
  extra: readonly string[],
  privileged: boolean,
): readonly SpecDeviceRule[] {
  if (privileged) {
    return [{ allow: true, access: 'rwm' }];
  }
  const granted = grants.map(({ device, access }) => ({
    allow: true,
    type: device.type === 'b' ? ('b' as const) : ('c' as const),
    major: device.major,
    minor: device.minor,
    access,
  }));
  return [...DEFAULT_RULES, ...granted, ...extra.map(parseRule)];
}

function parseRule(text: string): SpecDeviceRule {
  const match = /^([acb]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (match === null) {
    throw new EngineError('invalid-argument', `invalid device cgroup rule format: '${text}'`);
  }
  const [, type, major, minor, access = ''] = match;
  return {
    allow: true,
    type: type === 'a' ? 'a' : type === 'b' ? 'b' : 'c',
    ...(major !== '*' && { major: Number(major) }),
    ...(minor !== '*' && { minor: Number(minor) }),
    access,
  };
}

function resolveDevice(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    throw badDevice(path, 'no such file or directory', cause);
  }
}

function badDevice(path: string, why: string, cause?: unknown): EngineError {
  return new EngineError(
    'invalid-argument',
    `error gathering device information while adding custom device "${path}": ${why}`,
    { cause },
  );
}

function listNodes(path: string, isWanted: (path: string) => boolean): readonly SpecDevice[] {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined || !isWanted(path)) {
    return [];
  }
  if (status.isDirectory()) {
    return readdirSync(path).flatMap((name) => listNodes(join(path, name), isWanted));
  }
  return status.isCharacterDevice() || status.isBlockDevice() ? [toDevice(path, status)] : [];
}

function toDevice(path: string, status: Stats): SpecDevice {
  return {
    type: status.isBlockDevice() ? 'b' : 'c',
    path,
    ...splitDeviceNumber(BigInt(status.rdev)),
    fileMode: status.mode & 0o7777,
    uid: status.uid,
    gid: status.gid,
  };
}

/** makedev(3): the minor's upper bits stand above the major's lower ones. */
function splitDeviceNumber(rdev: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & ~0xffn & 0xffff_ffffn)),
  };
}

function makeNode(path: string, major: number, minor: number): SpecDevice {
  return { type: 'c', path, major, minor, fileMode: 0o666, uid: 0, gid: 0 };
}

function allowNode(type: 'c' | 'b', major: number, minor: number): SpecDeviceRule {
  return { allow: true, type, major, minor, access: 'rwm' };
}
