import { existsSync, mkdirSync, rmSync } from 'node:fs';
import type { ContainerMount } from '../../model/container-mount.js';
import type { VolumeName } from '../../model/ids.js';
import type { StartOptions } from '../engine.js';
import { hostImageMounts } from '../images/host-image.js';
import { toMask } from '../isolation/capabilities.js';
import { compileDeviceProgram } from '../isolation/cgroup/device-program.js';
import type { Cgroup } from '../isolation/cgroup/driver.js';
import { type DeviceGrant, findDevices, listHostDevices, toDeviceRules } from '../isolation/devices.js';
import type { HostFacts } from '../isolation/host-facts.js';
import { type ContainerBundle, compileInitPlan } from '../isolation/init-plan.js';
import type { Plan } from '../isolation/init-plan-encoding.js';
import { checkPropagation } from '../isolation/mount-sharing.js';
import type { BindMount } from '../isolation/mounts.js';
import type { RuntimeSpec } from '../isolation/oci-spec.js';
import { loadSeccompProgram } from '../isolation/seccomp-cache.js';
import { resolveUser } from '../isolation/users.js';
import type { WritableLayer } from '../layers/writable-layers.js';
import type { VolumeSource } from '../volumes/volume-source.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { findDonors } from './find-donors.js';
import { makeGeneratedFiles, readHostFile } from './generated-files.js';
import { makeMonitorSettings } from './monitor-plan.js';
import { openLegacyLinks } from './open-legacy-links.js';
import { readUserFiles } from './read-root-file.js';
import { makeRuntimeSpec } from './runtime-spec.js';

/** What a monitor is started with. */
export interface PreparedRun {
  readonly plan: Plan;
  readonly spec: RuntimeSpec;
  readonly seccompProgram?: Uint8Array;
}

/** Where the files of a container's volumes are, by name. */
export type VolumeSources = ReadonlyMap<VolumeName, VolumeSource>;

/** Throws invalid-argument where a volume cannot be mounted. */
export async function findVolumeSources(
  { volumes }: Pick<ContainerParts, 'volumes'>,
  { mounts }: ContainerRecord,
): Promise<VolumeSources> {
  const found = new Map<VolumeName, VolumeSource>();
  for (const mount of mounts) {
    if (mount.type === 'volume') found.set(mount.name, await volumes.sourceOf(mount.name));
  }
  return found;
}

/** Makes the container's cgroup with its limits and devices. Nothing is left of it where this throws. */
export function makeCgroup(parts: ContainerParts, record: ContainerRecord, devices: readonly DeviceGrant[]): Cgroup {
  const { config, limits } = record;
  return parts.cgroups.create(toCgroupName(record), {
    limits,
    devices: toDeviceRules(devices, config.deviceCgroupRules ?? [], config.security?.privileged === true),
  });
}

/** The devices of the host that the container gets beside the default ones. Throws invalid-argument. */
export function selectDevices({ config }: ContainerRecord): readonly DeviceGrant[] {
  return config.security?.privileged === true ? listHostDevices() : findDevices(config.devices ?? []);
}

/**
 * From the row to the plan: looks up what only the host or the image knows, writes the generated files, and compiles. Throws
 * invalid-argument, not-found and conflict (a container that is joined and does not run).
 */
export async function prepareRun(
  parts: ContainerParts,
  record: ContainerRecord,
  made: {
    readonly cgroup: Cgroup;
    readonly devices: readonly DeviceGrant[];
    readonly volumes: VolumeSources;
    readonly options: StartOptions;
    readonly network?: Uint8Array;
  },
): Promise<PreparedRun> {
  const { config, process, id, idMaps } = record;
  const links = await openLegacyLinks(parts, record);
  const layer = parts.layers.writable.get(id);
  const donors = findDonors(parts, record);
  const { hostname, files } = makeGeneratedFiles(parts, record, links);
  if (record.lastInit !== undefined) allowVolatileAgain(layer);
  const terminal = config.tty === true ? (made.options.terminal ?? config.terminal ?? DEFAULT_TERMINAL) : undefined;
  const host = limitHost(parts, config.security?.privileged === true);
  const spec = makeRuntimeSpec({
    config,
    process: { ...process, env: { ...links.variables, ...process.env } },
    host,
    user: resolveUser(process.user, config.groupAdd ?? [], await readUserFiles(parts.program, layer)),
    hostname,
    rootPath: layer.upper,
    binds: toBinds(record, made.volumes),
    files,
    devices: made.devices,
    donors,
    ...(idMaps && { idMaps }),
    ...(terminal && { terminal }),
    cgroupVersion: parts.cgroups.version === 2 ? 'v2' : 'v1',
  });
  const seccompProgram = spec.linux.seccomp && (await loadSeccompProgram(seccompFolder(parts), spec.linux.seccomp));
  const bundle: ContainerBundle = {
    spec,
    overlay: {
      lower: layer.lowers,
      writable: { upper: layer.upper, work: layer.work },
      isVolatile: config.autoRemove === true,
      ...(layer.fuseProgram && { fuseProgram: layer.fuseProgram }),
    },
    ...(seccompProgram && { seccompProgram }),
    init: config.init === true,
    cgroupHierarchies: host.cgroupHierarchies,
  };
  const deviceProgram = makeDeviceProgram(parts, spec);
  const settings = makeMonitorSettings(parts, record, {
    cgroup: made.cgroup,
    ...(deviceProgram && { deviceProgram }),
    process: spec.process,
    ...(terminal && { terminal }),
    ...(seccompProgram && { seccompProgram }),
    ...(made.network && { network: made.network }),
  });
  return { plan: compileInitPlan(bundle, settings), spec, ...(seccompProgram && { seccompProgram }) };
}

/** Undefined where files of v1 hold the device rules. */
function makeDeviceProgram({ cgroups }: ContainerParts, { linux }: PreparedRun['spec']): Uint8Array | undefined {
  return cgroups.deviceControl === 'program' ? compileDeviceProgram(linux.resources?.devices ?? []) : undefined;
}

/**
 * The kernel refuses an upper folder that was mounted without syncs, lest a crash of the host has damaged it. Such a
 * container lives no longer than its host is up. Documentation/filesystems/overlayfs.rst, "Volatile mount"
 */
function allowVolatileAgain({ changes, work }: WritableLayer): void {
  if (changes !== 'upper') return;
  rmSync(`${work}/work/incompat`, { recursive: true, force: true });
}

const DEFAULT_TERMINAL = { columns: 80, rows: 24 };

function seccompFolder({ paths }: ContainerParts): string {
  return `${paths.root}/seccomp`;
}

/** Where device rules are not enforced, whoever may make a node may open any device: so nobody may. */
function limitHost({ host, cgroups }: ContainerParts, isPrivileged: boolean): HostFacts {
  if (cgroups.deviceControl !== 'none' || isPrivileged) return host;
  return { ...host, capabilities: host.capabilities & ~toMask(['MKNOD']) };
}

function toBinds({ mounts, config, embedded }: ContainerRecord, volumes: VolumeSources): readonly BindMount[] {
  const asked = new Map((config.mounts ?? []).map((mount) => [mount.target, mount]));
  const ofImage = embedded === undefined ? [] : hostImageMounts({ embedded });
  const own = mounts.flatMap((mount): readonly BindMount[] => {
    const { target } = mount;
    if (mount.type === 'tmpfs') return [];
    const { source, readOnly } = mount;
    if (mount.type === 'volume') return [toVolumeBind(mount, volumes)];
    const wish = asked.get(target);
    const isBind = wish?.type === 'bind';
    if (isBind && wish.createSource === true && !existsSync(source)) mkdirSync(source, { recursive: true });
    checkPropagation(source, mount.propagation, readHostFile('/proc/self/mountinfo'));
    const nonRecursive = isBind && wish.nonRecursive === true;
    const writableBelow = isBind && wish.writableBelow === true;
    return [{ source, target, readOnly, propagation: mount.propagation, nonRecursive, writableBelow }];
  });
  return [...ofImage, ...own];
}

function toVolumeBind(
  { name, source, target, readOnly, subpath }: Extract<ContainerMount, { type: 'volume' }>,
  volumes: VolumeSources,
): BindMount {
  const found = volumes.get(name) ?? { source, isOwn: true };
  return {
    ...found,
    target,
    readOnly: readOnly || found.readOnly === true,
    ...(subpath === undefined ? {} : { part: subpath }),
  };
}
