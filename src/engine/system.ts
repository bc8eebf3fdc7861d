import { readFileSync } from 'node:fs';
import { arch, cpus, hostname, release, totalmem } from 'node:os';
import type { DiskUsage } from '../model/disk-usage.js';
import type { HostCapability } from '../model/host-capability.js';
import { toArchitecture } from '../model/platform.js';
import type { ServiceSettings } from '../model/service-settings.js';
import { API_VERSION, GANTRY_VERSION, MIN_API_VERSION } from '../model/version.js';
import type { Database } from '../platform/database.js';
import { hashForName } from '../platform/name-hash.js';
import { randomHex } from '../platform/random.js';
import type { EngineInfo, EngineVersion, SystemService } from './engine.js';
import type { EventBus } from './events/event-bus.js';
import { readHostPressure } from './host-pressure.js';
import { keepSetting } from './state/settings.js';

export interface SystemParts {
  readonly database: Database;
  readonly root: string;
  readonly runRoot: string;
  readonly cgroupVersion: 1 | 2;
  readonly readStorage: () => Promise<Pick<EngineInfo, 'storageDriver' | 'storageStatus'>>;
  readonly readSettings: NonNullable<SystemService['settings']>;
  /** Takes them over, and tells what they are now, under Docker's names. */
  readonly replaceSettings: (settings: ServiceSettings) => Promise<Readonly<Record<string, string>>>;
  readonly publish: EventBus['publish'];
  readonly measureDisk: () => Promise<DiskUsage>;
  readonly readCapabilities: () => Promise<readonly HostCapability[]>;
  readonly check: NonNullable<SystemService['check']>;
}

export function createSystemService(parts: SystemParts): SystemService {
  return {
    // The database answers: that is what an engine needs to do anything.
    ping: async () => void readEngineId(parts.database),
    version: async () => readVersion(),
    info: async () => readInfo(parts),
    settings: () => parts.readSettings(),
    reload: (settings) => reload(parts, settings),
    pressure: async () => readHostPressure(),
    diskUsage: () => parts.measureDisk(),
    capabilities: () => parts.readCapabilities(),
    check: parts.check,
  };
}

function readVersion(): EngineVersion {
  return {
    version: GANTRY_VERSION,
    apiVersion: API_VERSION,
    minApiVersion: MIN_API_VERSION,
    os: 'linux',
    arch: toArchitecture(arch()),
    kernel: release(),
  };
}

async function reload({ database, publish, replaceSettings }: SystemParts, settings: ServiceSettings): Promise<void> {
  const attributes = { name: hostname(), ...(await replaceSettings(settings)) };
  database.transaction(() => publish({ type: 'daemon', action: 'reload', id: readEngineId(database), attributes }));
}

async function readInfo({ database, root, runRoot, cgroupVersion, readStorage }: SystemParts): Promise<EngineInfo> {
  return {
    id: readEngineId(database),
    name: hostname(),
    rootDir: root,
    runRootDir: runRoot,
    cpus: cpus().length,
    memoryBytes: totalmem(),
    cgroupVersion,
    ...(await readStorage()),
    rootless: process.getuid?.() !== 0,
    operatingSystem: readOperatingSystem(),
  };
}

/** Random, the same as long as the state root lives. */
function readEngineId(database: Database): string {
  return keepSetting(database, 'engine-id', () => randomHex(16));
}

/** PRETTY_NAME of os-release(5). */
function readOperatingSystem(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? 'Linux';
  } catch {
    // The file is optional.
    return 'Linux';
  }
}

/**
 * The cgroup parent of an engine: `/gantry` for the usual root, as Docker has `/docker`; another root has its own, so that
 * engines on one host never take each other's groups for strays.
 */
export function cgroupParentOf(root: string, usualRoot: string): string {
  if (root === usualRoot) return '/gantry';
  return `/gantry-${hashForName(root, 12)}`;
}
