import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { ExecConfig } from '../../model/container.js';
import type { ContainerConfig, Healthcheck, MountConfig } from '../../model/container-config.js';
import { isContainerName } from '../../model/container-names.js';
import { EngineError } from '../../model/errors.js';
import { parseSignal } from '../../model/signals.js';
import { selectCapabilities } from '../isolation/capabilities.js';
import { checkVolumeConfig } from '../volumes/volume-store.js';

/** RFC 1123, as Docker checks `--hostname`; 64 is the kernel's limit. uname(2) */
const HOSTNAME =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*$/;
const MAX_HOSTNAME = 64;

/** Refuses, with invalid-argument and in Docker's words, what this host could not run. Limits are checked by the cgroup driver. */
export function checkConfig(config: ContainerConfig, host: { readonly capabilities: bigint }): void {
  const { name, hostname, workingDir, stopSignal, security = {} } = config;
  refuseZeroBytes(config);
  if (name) checkName(name);
  if (hostname) checkHostname(hostname);
  if (workingDir && !isAbsolute(workingDir)) {
    refuse(`the working directory '${workingDir}' is invalid, it needs to be an absolute path`);
  }
  if (stopSignal !== undefined && parseSignal(stopSignal) === undefined) refuse(`Invalid signal: ${stopSignal}`);
  checkNumbers(config);
  selectCapabilities({ add: security.capAdd ?? [], drop: security.capDrop ?? [], available: host.capabilities });
  if (config.autoRemove === true && (config.restartPolicy?.name ?? 'no') !== 'no') {
    refuse("can't create 'AutoRemove' container with restart policy");
  }
  if (config.healthcheck !== undefined) checkHealthcheck(config.healthcheck);
  checkMounts(config.mounts ?? []);
}

/** No program, variable or path can have one; what labels and annotations say is for others to read. */
export function refuseZeroBytes(config: ContainerConfig | ExecConfig): void {
  JSON.stringify(config, (key, value: unknown) => {
    if (key === 'labels' || key === 'annotations') return undefined;
    if (key.includes('\0') || (typeof value === 'string' && value.includes('\0'))) {
      refuse('invalid configuration: a text has a zero byte');
    }
    return value;
  });
}

function checkNumbers({ oomScoreAdj = 0, shmSizeBytes = 0 }: ContainerConfig): void {
  if (oomScoreAdj < -1_000 || oomScoreAdj > 1_000) {
    refuse(`Invalid value ${oomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
  if (shmSizeBytes < 0) refuse('SHM size can not be less than 0');
}

/** Docker's rule for a name, `/` in front allowed. */
export function checkName(name: string): void {
  if (isContainerName(name)) return;
  refuse(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
}

function checkHostname(hostname: string): void {
  if (hostname.length > MAX_HOSTNAME || !HOSTNAME.test(hostname)) refuse(`invalid hostname format: ${hostname}`);
}

const DURATIONS = [
  ['intervalMs', 'Interval'],
  ['timeoutMs', 'Timeout'],
  ['startPeriodMs', 'StartPeriod'],
  ['startIntervalMs', 'StartInterval'],
] as const;

function checkHealthcheck(healthcheck: Healthcheck): void {
  for (const [field, word] of DURATIONS) {
    const value = healthcheck[field] ?? 0;
    if (value !== 0 && value < 1) refuse(`${word} in Healthcheck cannot be less than one millisecond`);
  }
  if ((healthcheck.retries ?? 0) < 0) refuse('Retries in Healthcheck cannot be negative');
  const [kind] = healthcheck.test ?? [];
  if (kind !== undefined && !['NONE', 'CMD', 'CMD-SHELL'].includes(kind)) {
    refuse(`Unknown healthcheck type '${kind}' (expected 'CMD', 'CMD-SHELL' or 'NONE')`);
  }
}

function checkMounts(mounts: readonly MountConfig[]): void {
  const targets = new Set<string>();
  for (const mount of mounts) {
    const { type, target } = mount;
    if (!isAbsolute(target)) refuse(`invalid mount path: '${target}' mount path must be absolute`);
    const key = target.replace(/\/+$/, '');
    if (key === '') refuse(`invalid mount config for type "${type}": invalid specification: destination can't be '/'`);
    if (targets.has(key)) refuse(`Duplicate mount point: ${target}`);
    targets.add(key);
    if (mount.type === 'bind') checkBind(mount);
    if (mount.type === 'volume') checkVolume(mount);
  }
}

/** All of it before any of them is made. An anonymous one has no name that could be wrong. */
function checkVolume({ source = '', driver = '', options = {} }: Extract<MountConfig, { type: 'volume' }>): void {
  checkVolumeConfig(source === '' ? 'anonymous' : source, { driver, options });
}

function checkBind({ source, createSource }: Extract<MountConfig, { type: 'bind' }>): void {
  if (!isAbsolute(source))
    refuse(`invalid mount config for type "bind": invalid mount path: '${source}' mount path must be absolute`);
  if (createSource === true || statSync(source, { throwIfNoEntry: false }) !== undefined) return;
  refuse(`invalid mount config for type "bind": bind source path does not exist: ${source}`);
}

function refuse(message: string): never {
  throw new EngineError('invalid-argument', message);
}
