import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { CheckedCounts, Problem } from '../../model/finding.js';
import type { VolumeName } from '../../model/ids.js';
import type { Volume } from '../../model/volume.js';
import type { Database } from '../../platform/database.js';
import { isRemovedName, isYoung, removeFolder } from '../../platform/remove-folder.js';
import { readRows } from '../state/check-database.js';
import { LEAVING } from './leaving-volumes.js';
import { parseVolumeDocument } from './volume-document.js';
import { STAGING, type VolumeStore } from './volume-store.js';

export interface CheckVolumesOptions {
  readonly database: Database;
  readonly volumes: VolumeStore;
  /** The state root. */
  readonly root: string;
  readonly count: (what: keyof CheckedCounts, more: number) => void;
}

/** Each has its folder, and each folder is of one: what is in a folder may be all that somebody has, so it is never removed. */
export function* checkVolumes(options: CheckVolumesOptions): Generator<Problem> {
  const { database, root, count } = options;
  // Before the rows: what comes meanwhile has one.
  const names = readdirSync(join(root, 'volumes'));
  const rows = readRows({ database, table: 'volumes', parse: parseVolumeDocument });
  count('rows', rows.values.length);
  yield* rows.problems;
  for (const volume of rows.values) {
    count('volumes', 1);
    yield* checkFolder(options, volume);
  }
  for (const name of names) yield* checkRow(options, name);
}

function* checkFolder({ database, volumes }: CheckVolumesOptions, { name, mountpoint }: Volume): Generator<Problem> {
  if (existsSync(mountpoint) || !isRow(database, name)) return;
  const users = findUsers(volumes, name);
  const mend = () => {
    if (users === undefined) throw new EngineError('conflict', 'a container may have it whose row cannot be read');
    if (users.length > 0) {
      mkdirSync(mountpoint, { recursive: true, mode: 0o755 });
      return 'made an empty one, since containers have it: what was in it is lost';
    }
    volumes.remove(name);
    return 'removed its row: what was in it is lost';
  };
  yield { finding: { kind: 'volume-incomplete', volume: name, users: users ?? [] }, mend };
}

/** Undefined where that cannot be told. */
function findUsers(volumes: VolumeStore, name: VolumeName): readonly string[] | undefined {
  try {
    return volumes.usersOf(name);
  } catch {
    // The row of a container cannot be read, which has been told.
    return undefined;
  }
}

function* checkRow({ database, volumes, root }: CheckVolumesOptions, name: string): Generator<Problem> {
  const path = join(root, 'volumes', name);
  // What is left in there goes when an engine opens.
  if (
    name === STAGING ||
    name === LEAVING ||
    isRow(database, name) ||
    isYoung(path, isRemovedName(name) ? 'ctimeMs' : 'mtimeMs')
  )
    return;
  if (isRemovedName(name)) yield { finding: { kind: 'left-over', path }, mend: () => remove(path) };
  else if (!existsSync(join(path, '_data'))) yield { finding: { kind: 'stray', path } };
  else yield { finding: { kind: 'volume-unknown', volume: name as VolumeName }, mend: () => adopt(volumes, name) };
}

function isRow(database: Database, name: string): boolean {
  return database.get('SELECT 1 FROM volumes WHERE id = ?', name) !== undefined;
}

/** Docker's local driver takes the folders that it finds for volumes, too. */
function adopt(volumes: VolumeStore, name: string): string {
  volumes.create({ name });
  return 'wrote its row again, without labels';
}

function remove(path: string): string {
  removeFolder(path);
  return `removed ${path}`;
}
