import type { MountConfig } from './container-config.js';
import { splitCsvFields } from './csv-fields.js';
import { EngineError, EngineRefusal } from './errors.js';
import { omitUndefined } from './omit-undefined.js';
import { splitPair } from './run-environment.js';
import { parseBytes } from './units.js';
import { isPropagation } from './volume-mode.js';

/** `--mount` as it is read, before anything is checked that only the engine's side knows. Keys in one spelling. */
export interface MountOption {
  readonly type: string;
  readonly source?: string;
  readonly target: string;
  readonly readOnly?: boolean;
  readonly propagation?: string;
  readonly nonRecursive?: boolean;
  /** How deep a read-only bind is read-only. */
  readonly recursive?: string;
  readonly noCopy?: boolean;
  readonly subpath?: string;
  readonly driver?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
  readonly sizeBytes?: number;
  readonly mode?: number;
}

/** What is being read, field by field. */
type Draft = { -readonly [K in keyof MountOption]?: MountOption[K] };

const KEYS: Readonly<Record<string, (draft: Draft, value: string, key: string) => void>> = {
  type: (draft, value) => (draft.type = value.toLowerCase()),
  source: (draft, value) => (draft.source = value),
  src: (draft, value) => (draft.source = value),
  target: (draft, value) => (draft.target = value),
  dst: (draft, value) => (draft.target = value),
  destination: (draft, value) => (draft.target = value),
  readonly: (draft, value, key) => (draft.readOnly = readSwitch(key, value)),
  ro: (draft, value, key) => (draft.readOnly = readSwitch(key, value)),
  consistency: () => undefined,
  'bind-propagation': (draft, value) => (draft.propagation = value.toLowerCase()),
  'bind-nonrecursive': (draft, value, key) => (draft.nonRecursive = readSwitch(key, value)),
  'bind-recursive': readRecursive,
  'volume-nocopy': (draft, value, key) => (draft.noCopy = readSwitch(key, value)),
  'volume-subpath': (draft, value) => (draft.subpath = value),
  'volume-driver': (draft, value) => (draft.driver = value),
  'volume-label': (draft, value) => (draft.labels = withPair(draft.labels, value)),
  'volume-opt': (draft, value) => (draft.options = withPair(draft.options, value)),
  'tmpfs-size': (draft, value, key) => (draft.sizeBytes = readWith(key, value, parseBytes)),
  'tmpfs-mode': (draft, value, key) => (draft.mode = readWith(key, value, parseOctal)),
};

/** Those that may stand without a value. */
const SWITCHES: readonly string[] = ['readonly', 'ro', 'volume-nocopy', 'bind-nonrecursive'];

/** The value of `--mount`, one line of CSV, as Docker's command line reads it. Throws invalid-argument in its words. */
export function parseMountOption(text: string): MountOption {
  const draft: Draft = { type: 'volume' };
  const keys = new Set<string>();
  for (const field of splitCsvFields(text)) {
    const [name, value] = splitPair(field);
    const key = name.toLowerCase();
    if (value === undefined && !SWITCHES.includes(key)) {
      throw fail(`invalid field '${field}' must be a key=value pair`);
    }
    const read = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (read === undefined) throw fail(`unexpected key '${key}' in '${field}'`);
    read(draft, value ?? 'true', key);
    keys.add(key);
  }
  return checkOption(draft, keys);
}

function checkOption({ type = '', target = '', ...rest }: Draft, keys: ReadonlySet<string>): MountOption {
  if (type === '') throw fail('type is required');
  if (target === '') throw fail('target is required');
  for (const owner of ['volume', 'bind', 'tmpfs']) {
    if (owner !== type && [...keys].some((key) => key.startsWith(`${owner}-`))) {
      throw fail(`cannot mix '${owner}-*' options with mount type '${type}'`);
    }
  }
  checkRecursive(rest);
  return { type, target, ...rest };
}

function checkRecursive({ recursive = '', readOnly, propagation }: Draft): void {
  const refuse = (needed: string) =>
    fail(`option 'bind-recursive=${recursive}' requires '${needed}' to be specified in conjunction`);
  if (['writable', 'readonly'].includes(recursive) && readOnly !== true) throw refuse('readonly');
  if (recursive === 'readonly' && propagation !== 'rprivate') throw refuse('bind-propagation=rprivate');
}

function readRecursive(draft: Draft, value: string, key: string): void {
  if (!['enabled', 'disabled', 'writable', 'readonly'].includes(value)) {
    throw fail(`invalid value for ${key}: ${value} (must be "enabled", "disabled", "writable", or "readonly")`);
  }
  draft.recursive = value;
}

function withPair(record: Readonly<Record<string, string>> = {}, text: string): Readonly<Record<string, string>> {
  const [key, value = ''] = splitPair(text);
  return key === '' ? record : { ...record, [key]: value };
}

/** As Go reads a boolean. */
function readSwitch(key: string, value: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return false;
  throw fail(`invalid value for ${key}: ${value}`);
}

function readWith<T>(key: string, value: string, read: (text: string) => T): T {
  try {
    return read(value);
  } catch (error) {
    throw error instanceof EngineError ? fail(`invalid value for ${key}: ${value}`) : error;
  }
}

function parseOctal(text: string): number {
  if (!/^[0-7]+$/.test(text)) throw fail(text);
  return Number.parseInt(text, 8);
}

/** The mount that is asked for. Throws invalid-argument in the words of Docker's engine. */
export function toMountConfig(option: MountOption, resolvePath: (path: string) => string): MountConfig {
  const { type, target } = option;
  const refuse = (reason: string) => new EngineRefusal(`invalid mount config for type "${type}": ${reason}`);
  if (/^\/+$/.test(target)) throw refuse("invalid specification: destination can't be '/'");
  if (!target.startsWith('/')) throw refuse(`invalid mount path: '${target}' mount path must be absolute`);
  switch (type) {
    case 'bind':
      return toBind(option, resolvePath, refuse);
    case 'volume':
      return toVolume(option, refuse);
    case 'tmpfs':
      if (option.source) throw refuse('field Source must not be specified');
      return omitUndefined({
        type,
        target,
        sizeBytes: option.sizeBytes,
        mode: option.mode,
        options: option.readOnly === true ? ['ro'] : undefined,
        isMountOption: true as const,
      });
    default:
      throw refuse('mount type unknown');
  }
}

type Refuse = (reason: string) => EngineError;

function toBind(option: MountOption, resolvePath: (path: string) => string, refuse: Refuse): MountConfig {
  const { source = '', target, readOnly, propagation = '', nonRecursive, recursive } = option;
  if (source === '') throw refuse('field Source must not be empty');
  if (propagation !== '' && !isPropagation(propagation)) throw refuse(`invalid propagation mode: ${propagation}`);
  const isRelative = source === '.' || source.startsWith('./');
  if (!isRelative && !source.startsWith('/')) {
    throw refuse(`invalid mount path: '${source}' mount path must be absolute`);
  }
  return omitUndefined({
    type: 'bind' as const,
    source: resolvePath(source),
    target,
    propagation:
      propagation === '' ? undefined : (propagation as Extract<MountConfig, { type: 'bind' }>['propagation']),
    nonRecursive: nonRecursive === true || recursive === 'disabled' ? true : undefined,
    writableBelow: recursive === 'writable' ? true : undefined,
    readOnly: readOnly === true ? true : undefined,
    isMountOption: true as const,
  });
}

function toVolume(option: MountOption, refuse: Refuse): MountConfig {
  const { source = '', target, readOnly, noCopy, subpath = '', driver = '', labels, options } = option;
  if (subpath !== '' && source === '') throw refuse('must not set Subpath when using anonymous volumes');
  if (!isLocal(subpath)) throw refuse('subpath must be a relative path within the volume');
  if (readOnly === true && source === '') throw refuse('must not set ReadOnly mode when using anonymous volumes');
  return omitUndefined({
    type: 'volume' as const,
    source: source === '' ? undefined : source,
    target,
    readOnly: readOnly === true ? true : undefined,
    noCopy: noCopy === true ? true : undefined,
    subpath: subpath === '' ? undefined : subpath,
    driver: driver === '' ? undefined : driver,
    labels,
    options,
    isMountOption: true as const,
  });
}

/** Relative, and never above where it begins. */
function isLocal(path: string): boolean {
  let depth = 0;
  for (const part of path.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '' && part !== '.') depth += 1;
    if (depth < 0) return false;
  }
  return !path.startsWith('/');
}

function fail(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}
