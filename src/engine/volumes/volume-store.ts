import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { VolumeName } from '../../model/ids.js';
import { isOwnFolder, type Volume, type VolumeConfig } from '../../model/volume.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database.js';
import { randomHex } from '../../platform/random.js';
import { isRemovedName, removeFolder } from '../../platform/remove-folder.js';
import { openStaging } from '../../platform/staging.js';
import type { EventBus } from '../events/event-bus.js';
import { createRecordTable } from '../state/record-table.js';
import { openLeavingVolumes } from './leaving-volumes.js';
import { parseVolumeDocument } from './volume-document.js';
import { checkVolumeOptions } from './volume-options.js';
import type { VolumeSource } from './volume-source.js';

/** The local driver: named folders below `<root>/volumes`, and file systems that are mounted in their place. */
export interface VolumeStore {
  /** By name. */
  list(): readonly Volume[];
  find(name: VolumeName): Volume | undefined;
  /** Rejects: not-found. */
  get(name: VolumeName): Volume;
  /** An existing volume of that name is returned as it is, as Docker does. Rejects: invalid-argument, not-found (driver). */
  create(config: VolumeConfig): Volume;
  /** Rejects: not-found, conflict (a container has it). */
  remove(name: VolumeName): void;
  /** The ids of the containers that have it, running or not. */
  usersOf(name: VolumeName): readonly string[];
  /** Where its files are. Rejects: invalid-argument where it cannot be mounted. */
  sourceOf(name: VolumeName): Promise<VolumeSource>;
  /** A path beside the volumes that nobody else gets, for what takes a volume's place by a rename. */
  stage(): string;
  /** Deletes folders that no row knows: what a process that died left behind. */
  removeStrays(): void;
}

export interface VolumeStoreOptions {
  readonly database: Database;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly root: string;
  /** What ends with the host. */
  readonly runRoot: string;
  /** The ids of the containers that have a volume mounted, running or not. */
  readonly usersOf: (name: VolumeName) => readonly string[];
}

/** No volume's name begins with a dot. */
export const STAGING = '.staging';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** A folder may hold this name; a row is what makes it a volume. */
const MAX_NAME_LENGTH = 255;

export function createVolumeStore(options: VolumeStoreOptions): VolumeStore {
  const { database, events, clock } = options;
  const folder = join(options.root, 'volumes');
  /** A folder for each volume that is mounted while somebody has it; native/volume.h. */
  const holders = join(options.runRoot, 'volumes');
  const staging = () => openStaging(join(folder, STAGING));
  const table = createRecordTable<Volume>({ database, table: 'volumes', parse: parseVolumeDocument });

  const get = (name: VolumeName): Volume => {
    const record = table.get(name);
    if (record === undefined) throw new EngineError('not-found', `get ${name}: no such volume`);
    return record.value;
  };
  const leaving = openLeavingVolumes(folder, { database, hasRow: (name) => table.get(name) !== undefined });
  return {
    list: () =>
      table
        .find()
        .map((record) => record.value)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    find: (name) => table.get(name)?.value,
    get,
    create: (config) => {
      const name = config.name === undefined || config.name === '' ? newVolumeName() : config.name;
      const { options: asked = {} } = config;
      checkVolumeConfig(name, config);
      const existing = table.get(name);
      if (existing !== undefined) return existing.value;
      const mountpoint = makeFolder(folder, name);
      const volume: Volume = {
        name: name as VolumeName,
        driver: 'local',
        mountpoint,
        createdAtMs: clock.nowMs(),
        labels: config.labels ?? {},
        ...(isOwnFolder({ options: asked }) ? {} : { options: asked }),
      };
      return database.transaction(() => {
        if (!table.insert(name, volume)) return get(volume.name);
        events.publish({ type: 'volume', action: 'create', id: volume.name, attributes: { driver: 'local' } });
        return volume;
      });
    },
    remove: (name) => {
      leaving.remove(name, () => {
        get(name);
        const users = options.usersOf(name);
        if (users.length > 0) {
          throw new EngineError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`);
        }
        table.remove(name);
        events.publish({ type: 'volume', action: 'destroy', id: name, attributes: { driver: 'local' } });
      });
      removeFolder(join(holders, name));
    },
    usersOf: options.usersOf,
    stage: () => staging().path(),
    sourceOf: async (name) => {
      const volume = get(name);
      if (isOwnFolder(volume)) return { source: volume.mountpoint, isOwn: true };
      const { findVolumeSource } = await import('./volume-source.js');
      return await findVolumeSource(volume, join(holders, name));
    },
    removeStrays: () => {
      mkdirSync(folder, { recursive: true, mode: 0o701 });
      for (const name of readdirSync(folder)) if (isRemovedName(name)) removeFolder(join(folder, name));
      leaving.settle();
      if (existsSync(join(folder, STAGING))) for (const path of staging().adopt()) removeFolder(path);
      for (const name of listFolder(holders)) {
        if (table.get(name) === undefined) removeFolder(join(holders, name));
      }
    },
  };
}

function makeFolder(folder: string, name: string): string {
  const mountpoint = join(folder, name, '_data');
  mkdirSync(folder, { recursive: true, mode: 0o701 });
  mkdirSync(join(folder, name), { recursive: true, mode: 0o701 });
  mkdirSync(mountpoint, { recursive: true, mode: 0o755 });
  return mountpoint;
}

/** Checks a volume's name, driver and options as a user typed them. Throws in Docker's words. */
export function checkVolumeConfig(name: string, { driver = 'local', options = {} }: VolumeConfig): void {
  if (driver !== '' && driver !== 'local') {
    throw new EngineError(
      'not-found',
      `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`,
    );
  }
  if (name.length === 1) {
    refuse(name, 'volume name is too short, names should be at least two alphanumeric characters');
  }
  if (!NAME.test(name)) {
    const allowed = 'only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed';
    const advice = 'If you intended to pass a host directory, use absolute path';
    refuse(name, `"${name}" includes invalid characters for a local volume name, ${allowed}. ${advice}`);
  }
  if (name.length > MAX_NAME_LENGTH) refuse(name, 'error while creating volume root path: file name too long');
  try {
    checkVolumeOptions(options);
  } catch (error) {
    if (error instanceof EngineError) refuse(name, error.message);
    throw error;
  }
}

function refuse(name: string, reason: string): never {
  throw new EngineError('invalid-argument', `create ${name}: ${reason}`);
}

function newVolumeName(): string {
  return randomHex(32);
}

/** Empty where it was never made. */
function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
