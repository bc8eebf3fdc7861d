import type { Engine } from '../../engine/engine.js';
import { messageOf } from '../../model/errors.js';
import type { DaemonLog } from './daemon-log.js';
import { type DaemonSettings, listUnread, readDaemonSettings, type SettingsSources } from './daemon-settings.js';

export interface ReloadOptions {
  readonly sources: SettingsSources;
  readonly engine: Engine;
  readonly log: DaemonLog;
  readonly before: DaemonSettings;
}

/** Reads the settings again, and resolves with those that hold now. With a file that is broken all stays as it was. Never rejects. */
export async function reloadSettings({ sources, engine, log, before }: ReloadOptions): Promise<DaemonSettings> {
  try {
    const next = readDaemonSettings(sources);
    await engine.system.reload?.(next.service);
    log.setLevel(next.logLevel);
    log.write('info', `Reloaded configuration: ${JSON.stringify(next.values)}`);
    const unread = listUnread(before.values, next.values);
    if (unread.length > 0) log.write('warn', `changed in the file, and read at the next start: ${unread.join(', ')}`);
    return next;
  } catch (error) {
    log.write('error', `nothing is reloaded: ${messageOf(error)}`);
    return before;
  }
}
