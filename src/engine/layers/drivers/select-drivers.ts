import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../../model/errors.js';
import type { Database } from '../../../platform/database.js';
import type { ProcessSpawner } from '../../../platform/process-spawner.js';
import { keepSetting, readSetting } from '../../state/settings.js';
import {
  findDriverSupport,
  findPriorSupport,
  listStorageCapabilities,
  MKFS,
  type StorageProbe,
} from './driver-support.js';
import { erofsDriver } from './erofs-driver.js';
import { createBtrfsDriver, createVfsDriver } from './folder-driver.js';
import { createFuseOverlayDriver, overlayDriver } from './overlay-driver.js';
import {
  driverRoot,
  isStorageDriverName,
  STORAGE_DRIVERS,
  type StorageDriver,
  type StorageDriverName,
} from './storage-driver.js';

export interface SelectDriversOptions {
  readonly database: Database;
  /** The state root. */
  readonly root: string;
  /** Path of gantry-init. */
  readonly program: string;
  readonly spawner: ProcessSpawner;
  readonly probe: StorageProbe;
  /** As `--storage-driver`; absent: the one that the root was made with, or the first that works. */
  readonly wanted?: string;
}

const SETTING = 'storage-driver';

/**
 * The drivers of a state root: first the one that makes what is new, then those that have something in it. A root keeps the one
 * that it was made with. Rejects: invalid-argument (no such driver), unavailable (it cannot be used here), in Docker's words.
 */
export async function selectStorageDrivers(
  options: SelectDriversOptions,
): Promise<readonly [StorageDriver, ...StorageDriver[]]> {
  const { database, root, wanted } = options;
  const used = STORAGE_DRIVERS.filter((name) => hasLayers(root, name));
  const prior = readSetting(database, SETTING) ?? used[0];
  const first = wanted === undefined ? await selectPrior(options, prior) : await selectWanted(options, wanted, used);
  keepSetting(database, SETTING, () => first);
  const others = used.filter((name) => name !== first);
  return [
    await createDriver(first, options),
    ...(await Promise.all(others.map((name) => createDriver(name, options)))),
  ];
}

/** The folders of the kernel's overlay are made with every root. */
function hasLayers(root: string, name: StorageDriverName): boolean {
  return ['layers', 'writable'].some((folder) => listFolder(join(driverRoot(root, name), folder)).length > 0);
}

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    // The driver has never been used here.
    return [];
  }
}

/** Whether it still works shows when something is made with it: what is there already is read in any case. */
async function selectPrior(options: SelectDriversOptions, prior: string | undefined): Promise<StorageDriverName> {
  if (prior === undefined) return await selectFirst(options);
  if (!isStorageDriverName(prior)) throw notSupported(prior, options);
  const support = findPriorSupport(prior, options.root, options.probe);
  if ('detail' in support) return prior;
  throw new EngineError(
    'unavailable',
    `error initializing graphdriver: prior storage driver ${prior} failed: ${support.unavailable}`,
  );
}

async function selectWanted(
  options: SelectDriversOptions,
  wanted: string,
  used: readonly StorageDriverName[],
): Promise<StorageDriverName> {
  if (!isStorageDriverName(wanted)) throw notSupported(wanted, options);
  const lack = await findLack(wanted, options, used.includes(wanted));
  if (lack === undefined) return wanted;
  const reason =
    wanted === 'btrfs' ? 'prerequisites for driver not satisfied (wrong filesystem?)' : 'driver not supported';
  throw new EngineError('unavailable', `error initializing graphdriver: ${reason}: ${wanted}: ${lack}`);
}

async function selectFirst(options: SelectDriversOptions): Promise<StorageDriverName> {
  for (const name of STORAGE_DRIVERS) {
    if ((await findLack(name, options, false)) === undefined) return name;
  }
  return 'vfs';
}

function notSupported(name: string, { root, probe }: SelectDriversOptions): EngineError {
  const known = listStorageCapabilities(root, probe).find((capability) => capability.name === `storage ${name}`);
  const reason = known === undefined ? `use ${STORAGE_DRIVERS.join(', ')}` : known.detail;
  return new EngineError(
    'invalid-argument',
    `error initializing graphdriver: driver not supported: ${name}: ${reason}`,
  );
}

/** Why the driver cannot be used in this root; `isKnown`: it has been. */
async function findLack(
  name: StorageDriverName,
  options: SelectDriversOptions,
  isKnown: boolean,
): Promise<string | undefined> {
  const support = findDriverSupport(name, options.root, options.probe);
  if ('unavailable' in support) return support.unavailable;
  if (name === 'vfs' || name === 'btrfs' || isKnown) return undefined;
  const { tryDriver } = await import('./try-driver.js');
  return await tryDriver(await createDriver(name, options), options);
}

async function createDriver(
  name: StorageDriverName,
  { root, spawner, probe }: SelectDriversOptions,
): Promise<StorageDriver> {
  switch (name) {
    case 'erofs':
      return erofsDriver;
    case 'overlay2':
      return overlayDriver;
    case 'fuse-overlayfs':
      return createFuseOverlayDriver(probe.findCommand(name) ?? name);
    case 'btrfs':
      return createBtrfsDriver(spawner);
    case 'vfs':
      return createVfsDriver(spawner);
    case 'devicemapper': {
      const { createDeviceMapperDriver } = await import('./device-mapper-driver.js');
      return createDeviceMapperDriver({ root, spawner, mkfs: probe.findCommand(MKFS) ?? MKFS });
    }
  }
}
