import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../model/errors.js';
import { omitUndefined } from '../model/omit-undefined.js';
import { type Preferences, readPreferencesFile } from './preferences-file.js';
import type { RecentsStore } from './recents-store.js';
import type { ViewStore } from './view-store.js';

/** Changes that come together are written together. */
const SAVE_MS = 300;

export interface PreferenceStores {
  readonly view: ViewStore;
  readonly recents: RecentsStore;
}

export interface PreferencesKeeper {
  /** Writes what is not written yet, and ends. */
  close(): Promise<void>;
}

/** A file of the user's, by the XDG base directory specification; undefined where the environment names no home. */
export function configPath(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const { XDG_CONFIG_HOME, HOME } = env;
  // A relative path is to be ignored, says the specification.
  if (XDG_CONFIG_HOME?.startsWith('/') === true) return join(XDG_CONFIG_HOME, 'gantry', name);
  return HOME === undefined || HOME === '' ? undefined : join(HOME, '.config', 'gantry', name);
}

/**
 * Puts what the file says into the stores and writes it when they change. A file that cannot be read as preferences is told, and
 * neither used nor overwritten.
 */
export function keepPreferences(path: string, stores: PreferenceStores): PreferencesKeeper {
  const { view, recents } = stores;
  let kept: Preferences;
  try {
    kept = readPreferences(path);
  } catch (error) {
    view.say('error', `${path} is not used, nor written: ${messageOf(error)}`);
    return { close: () => Promise.resolve() };
  }
  apply(kept, stores);
  let written = JSON.stringify(collect(stores));
  let timer: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();
  const save = () => {
    timer = undefined;
    const chosen = collect(stores);
    const text = JSON.stringify(chosen);
    if (text === written) return;
    written = text;
    writing = writing
      .then(() => writeWhole(path, `${JSON.stringify({ ...kept, ...chosen }, undefined, 2)}\n`))
      .catch((error: unknown) => view.say('error', `your choices are not kept: ${messageOf(error)}`));
  };
  const later = () => {
    timer ??= setTimeout(save, SAVE_MS);
  };
  const stops = [view.subscribe(later), recents.subscribe(later)];
  return {
    close: async () => {
      for (const stop of stops) stop();
      clearTimeout(timer);
      save();
      await writing;
    },
  };
}

function readPreferences(path: string): Preferences {
  return existsSync(path) ? readPreferencesFile(path) : {};
}

function apply(kept: Preferences, { view, recents }: PreferenceStores): void {
  const {
    showsAll,
    groupsProjects,
    foldedProjects,
    theme,
    mouse,
    sort,
    imageSort,
    volumeSort,
    networkSort,
    hiddenColumns,
    logs,
    recentPulls,
    recentRuns,
    recentCommands,
  } = kept;
  view.setState({
    ...omitUndefined({ showsAll, groupsProjects, theme, mouse, sort, imageSort, volumeSort, networkSort }),
    ...(foldedProjects && { foldedProjects: new Set(foldedProjects) }),
    ...(hiddenColumns && { hiddenColumns: { volumes: [], networks: [], ...omitUndefined(hiddenColumns) } }),
  });
  if (logs !== undefined) view.setLogs(logs);
  recents.setState({ pulls: recentPulls ?? [], runs: recentRuns ?? [], commands: recentCommands ?? [] });
}

function collect({ view, recents }: PreferenceStores): Preferences {
  const { showsAll, groupsProjects, foldedProjects, theme, mouse } = view.getState();
  const { sort, imageSort, volumeSort, networkSort, hiddenColumns, logs } = view.getState();
  const { pulls, runs, commands } = recents.getState();
  const { isWrapped, showsTime, isPretty } = logs;
  return {
    showsAll,
    groupsProjects,
    foldedProjects: [...foldedProjects],
    ...omitUndefined({ theme }),
    mouse,
    sort,
    imageSort,
    volumeSort,
    networkSort,
    hiddenColumns: {
      containers: [...hiddenColumns.containers],
      images: [...hiddenColumns.images],
      volumes: [...hiddenColumns.volumes],
      networks: [...hiddenColumns.networks],
    },
    logs: { isWrapped, showsTime, isPretty },
    recentPulls: [...pulls],
    recentRuns: [...runs],
    recentCommands: [...commands],
  };
}

/** Only the user reads it: a run has what was typed as environment. */
async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(partial, text, { mode: 0o600 });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
