import { EngineError } from '../../model/errors.js';
import { type Flags, parseInteger } from '../../model/flags.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parseInsecure, parseMirror } from '../../model/registry-address.js';
import type { ServiceSettings } from '../../model/service-settings.js';
import type { Cli } from '../command-spec.js';
import { type DaemonFile, type DaemonKey, defaultDaemonFile, readDaemonFile, refuse } from './daemon-file.js';
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from './daemon-log.js';

/** How `gantry daemon` is set by its flags and its file together. */
export interface DaemonSettings {
  /** What the file says; undefined where there is none. */
  readonly file: DaemonFile | undefined;
  /** Each key with its one value. */
  readonly values: DaemonFile;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly service: ServiceSettings;
}

/** Those that SIGHUP reads again; others count from the next start. */
const RELOADED: ReadonlySet<string> = new Set<DaemonKey>([
  ...(['debug', 'labels', 'log-level', 'insecure-registries', 'registry-mirrors', 'upload-chunk-size'] as const),
  ...(['max-concurrent-downloads', 'max-concurrent-uploads', 'max-download-attempts'] as const),
]);

const REGISTRY_KEYS = [...RELOADED].filter((key) => /registr|max-|upload/.test(key));

export interface SettingsSources {
  readonly flags: Flags;
  readonly location: Cli['location'];
  readonly env: Cli['env'];
}

export function daemonFilePath({ flags, env }: Pick<SettingsSources, 'flags' | 'env'>): string {
  return flags.text('config-file') ?? defaultDaemonFile(env);
}

/** Throws invalid-argument: Docker's rule is that a key has one place. */
export function readDaemonSettings(sources: SettingsSources): DaemonSettings {
  const { flags } = sources;
  const path = daemonFilePath(sources);
  const file = readDaemonFile(path);
  if (file === undefined && flags.has('config-file')) throw refuse(path, 'there is no such file');
  const given = readFlags(sources);
  refuseConflicts(path, given, file ?? {});
  const values: DaemonFile = { ...file, ...given };
  return {
    file,
    values,
    logLevel: values.debug === true ? 'debug' : (values['log-level'] ?? 'info'),
    logFormat: values['log-format'] ?? 'text',
    service: toService(values, file),
  };
}

/** Keys of the file that are other than they were, and count from the next start only. */
export function listUnread(before: DaemonFile, after: DaemonFile): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as ReadonlySet<DaemonKey>;
  return [...keys].filter((key) => !RELOADED.has(key) && format(before[key]) !== format(after[key])).sort();
}

/** By key. What comes before the word `daemon`, or from a variable, is said of the same things. */
function readFlags({ flags, location }: SettingsSources): DaemonFile {
  const list = (name: string) => (flags.has(name) ? [...flags.list(name)] : undefined);
  const bool = (name: string) => (flags.has(name) ? flags.isSet(name) : undefined);
  return omitUndefined({
    'data-root': flags.text('data-root') ?? location.root,
    debug: bool('debug'),
    'exec-root': flags.text('exec-root') ?? location.runRoot,
    'firewall-backend': location.firewallBackend,
    group: flags.text('group'),
    hosts: list('host'),
    'insecure-registries': list('insecure-registry'),
    labels: list('label'),
    'log-format': flags.read('log-format', (text) => pick('log format', LOG_FORMATS, text)),
    'log-level': flags.read('log-level', (text) => pick('logging level', LOG_LEVELS, text)),
    'max-concurrent-downloads': flags.read('max-concurrent-downloads', parsePositive),
    'max-concurrent-uploads': flags.read('max-concurrent-uploads', parsePositive),
    'max-download-attempts': flags.read('max-download-attempts', parsePositive),
    pidfile: flags.text('pidfile'),
    'registry-mirrors': flags.has('registry-mirror') ? [...flags.readAll('registry-mirror', parseMirror)] : undefined,
    'storage-driver': flags.text('storage-driver') ?? location.storageDriver,
    tls: bool('tls'),
    tlscacert: flags.text('tlscacert'),
    tlscert: flags.text('tlscert'),
    tlskey: flags.text('tlskey'),
    tlsverify: bool('tlsverify'),
    'userns-remap': flags.text('userns-remap') ?? location.usernsRemap,
  });
}

function parsePositive(text: string): number {
  const number = parseInteger(text, 'strconv.Atoi');
  if (number > 0) return number;
  throw new EngineError('invalid-argument', 'it must be above 0');
}

function pick<T extends string>(what: string, words: readonly T[], text: string): T {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new EngineError('invalid-argument', `invalid ${what}: ${text}: use ${words.join(', ')}`);
}

function refuseConflicts(path: string, given: DaemonFile, file: DaemonFile): void {
  const conflicts = (Object.keys(given) as DaemonKey[])
    .filter((key) => file[key] !== undefined)
    .map((key) => `${key}: (from flag: ${format(given[key])}, from file: ${format(file[key])})`);
  if (conflicts.length === 0) return;
  const reason = 'the following directives are specified both as a flag and in the configuration file';
  throw refuse(path, `${reason}: ${conflicts.join(', ')}`);
}

/** As Go prints them. */
function format(value: DaemonFile[DaemonKey]): string {
  return Array.isArray(value) ? `[${value.join(' ')}]` : String(value);
}

/** Registries are set here once the daemon's own file is there, or a flag says something of them; else as for every command. */
function toService(values: DaemonFile, file: DaemonFile | undefined): ServiceSettings {
  const isSet = file !== undefined || REGISTRY_KEYS.some((key) => Object.hasOwn(values, key));
  const registries = omitUndefined({
    mirrors: (values['registry-mirrors'] ?? []).map(parseMirror),
    insecure: (values['insecure-registries'] ?? []).map(parseInsecure),
    maxDownloads: values['max-concurrent-downloads'],
    maxUploads: values['max-concurrent-uploads'],
    maxAttempts: values['max-download-attempts'],
    uploadChunkBytes: values['upload-chunk-size'],
  });
  return { isDebug: values.debug ?? false, labels: values.labels ?? [], ...(isSet ? { registries } : {}) };
}
