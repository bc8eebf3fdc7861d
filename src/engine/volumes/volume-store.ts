import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { VolumeName } from '../../model/ids.js';
import type { Volume } from '../../model/volume.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database.js';
import { randomHex } from '../../platform/random.js';
import { isRemovedName, removeFolder } from '../../platform/remove-folder.js';
import type { EventBus } from '../events/event-bus.js';
import { createRecordTable } from '../state/record-table.js';
import { parseVolumeDocument } from './volume-document.js';

/** The local driver: named folders below `<root>/volumes`. */
export interface VolumeStore {
  /** By name. */
  list(): readonly Volume[];
  /** Rejects: not-found. */
  get(name: VolumeName): Volume;
  /** An existing volume of that name is returned as it is, as Docker does. Without a name: 64 random hex digits. */
  create(config: VolumeConfig): Volume;
  /** Rejects: not-found, conflict (a container has it). */
  remove(name: VolumeName): void;
  /** The ids of the containers that have it, running or not. */
  usersOf(name: VolumeName): readonly string[];
  /** Deletes folders that no row knows: what a process that died left behind. */
  removeStrays(): void;
}

export interface VolumeConfig {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface VolumeStoreOptions {
  readonly database: Database;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly root: string;
  /** The ids of the containers that have a volume mounted, running or not. */
  readonly usersOf: (name: VolumeName) => readonly string[];
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** A folder may hold this name; a row is what makes it a volume. */
const MAX_NAME_LENGTH = 255;

export function createVolumeStore(options: VolumeStoreOptions): VolumeStore {
  const { database, events, clock } = options;
  const folder = join(options.root, 'volumes');
  const table = createRecordTable<Volume>({ database, table: 'volumes', parse: parseVolumeDocument });

  const get = (name: VolumeName): Volume => {
    const record = table.get(name);
    if (record === undefined) throw new EngineError('not-found', `get ${name}: no such volume`);
    return record.value;
  };
  return {
    list: () =>
      table
        .find()
        .map((record) => record.value)
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    get,
    create: (config) => {
      const name = config.name === undefined || config.name === '' ? newVolumeName() : parseVolumeName(config.name);
      const existing = table.get(name);
      if (existing !== undefined) return existing.value;
      const mountpoint = join(folder, name, '_data');
      mkdirSync(folder, { recursive: true, mode: 0o701 });
      mkdirSync(join(folder, name), { recursive: true, mode: 0o701 });
      mkdirSync(mountpoint, { recursive: true, mode: 0o755 });
      const volume: Volume = {
        name,
        driver: 'local',
        mountpoint,
        createdAtMs: clock.nowMs(),
        labels: config.labels ?? {},
      };
      return database.transaction(() => {
        if (!table.insert(name, volume)) return get(name);
        events.publish({ type: 'volume', action: 'create', id: name, attributes: { driver: 'local' } });
        return volume;
      });
    },
    remove: (name) => {
      database.transaction(() => {
        get(name);
        const users = options.usersOf(name);
        if (users.length > 0) {
          throw new EngineError('conflict', `remove ${name}: volume is in use - [${users.join(', ')}]`);
        }
        table.remove(name);
        events.publish({ type: 'volume', action: 'destroy', id: name, attributes: { driver: 'local' } });
      });
      removeFolder(join(folder, name));
    },
    usersOf: options.usersOf,
    removeStrays: () => {
      mkdirSync(folder, { recursive: true, mode: 0o701 });
      for (const name of readdirSync(folder)) if (isRemovedName(name)) removeFolder(join(folder, name));
    },
  };
}

/** Checks a volume's name as a user typed it. Rejects: invalid-argument, in Docker's words. */
export function parseVolumeName(text: string): VolumeName {
  if (!NAME.test(text) || text.length > MAX_NAME_LENGTH) {
    throw new EngineError(
      'invalid-argument',
      `create ${text}: "${text}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
  return text as VolumeName;
}

function newVolumeName(): VolumeName {
  return randomHex(32) as VolumeName;
}
