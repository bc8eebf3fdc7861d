import type { MountConfig, MountPropagation } from './container-config.js';
import { EngineError } from './errors.js';
import type { Flags } from './flags.js';
import { parseBytes } from './units.js';

const PROPAGATIONS: readonly string[] = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];

/** The mounts of `-v`, `--mount` and `--tmpfs`, in this order. Throws where two have one target. */
export function parseMounts(flags: Flags, workingDir: string): readonly MountConfig[] {
  const mounts = [
    ...flags.list('volume').map((text) => parseVolume(text, workingDir)),
    ...flags.readAll('mount', (text) => ({ ...parseMount(text, workingDir), isMountOption: true as const })),
    ...flags.list('tmpfs').map(parseTmpfs),
  ];
  const targets = new Set<string>();
  for (const { target } of mounts) {
    if (targets.has(target)) {
      throw new EngineError('invalid-argument', `Duplicate mount point: ${target}`);
    }
    targets.add(target);
  }
  return mounts;
}

function fail(message: string): EngineError {
  return new EngineError('invalid-argument', message);
}

/** `[source:]target[:options]`: a path is bound, a name is a volume, nothing is a volume of its own. */
export function parseVolume(text: string, workingDir: string): MountConfig {
  if (text === '') {
    throw fail('invalid empty volume spec');
  }
  const parts = text.split(':');
  if (parts.length > 3) {
    throw fail(`invalid volume specification: '${text}'`);
  }
  if (parts.some((part) => part === '')) {
    throw fail(`invalid spec: ${text}: empty section between colons`);
  }
  const [first = '', second, modes] = parts;
  if (second === undefined) {
    return { type: 'volume', target: checkTarget(first, text) };
  }
  const options = parseVolumeOptions(modes ?? '', text);
  const target = checkTarget(second, text);
  if (!isPath(first)) {
    return { type: 'volume', source: checkVolumeName(first, text), target, ...options.volume };
  }
  return { type: 'bind', source: resolvePath(first, workingDir), target, createSource: true, ...options.bind };
}

/** Those of the second line change nothing on Linux, as in Docker: labels of SELinux, and how fresh a shared folder is. */
const VOLUME_WORDS = ['ro', 'rw', 'nocopy', 'copy', ...['z', 'Z', 'consistent', 'cached', 'delegated', 'default']];

interface VolumeOptions {
  readonly bind: { readonly readOnly?: boolean; readonly propagation?: MountPropagation };
  readonly volume: { readonly readOnly?: boolean; readonly noCopy?: boolean };
}

function parseVolumeOptions(modes: string, text: string): VolumeOptions {
  const words = modes === '' ? [] : modes.split(',');
  const readOnly = words.includes('ro') ? { readOnly: true } : {};
  const propagation = words.find(isPropagation);
  const unknown = words.find((word) => !(isPropagation(word) || VOLUME_WORDS.includes(word)));
  if (unknown !== undefined || (words.includes('ro') && words.includes('rw'))) {
    throw fail(`invalid volume specification: '${text}': invalid mode: ${modes}`);
  }
  return {
    bind: { ...readOnly, ...(propagation === undefined ? {} : { propagation }) },
    volume: { ...readOnly, ...(words.includes('nocopy') ? { noCopy: true } : {}) },
  };
}

function isPropagation(word: string): word is MountPropagation {
  return PROPAGATIONS.includes(word);
}

function isPath(source: string): boolean {
  return source.startsWith('/') || source === '.' || source === '..' || /^\.{1,2}\//.test(source) || source === '~';
}

/** The absolute path without `.` and `..`. */
function resolvePath(path: string, workingDir: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${workingDir}/${path}`).split('/')) {
    if (part === '..') {
      parts.pop();
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return `/${parts.join('/')}`;
}

function checkTarget(path: string, text: string): string {
  if (!path.startsWith('/')) {
    throw fail(
      `invalid volume specification: '${text}': invalid mount config for type "volume": invalid mount path: '${path}' mount path must be absolute`,
    );
  }
  const target = resolvePath(path, '/');
  if (target === '/') {
    throw fail(
      `invalid volume specification: '${text}': invalid mount config for type "bind": invalid specification: destination can't be '/'`,
    );
  }
  return target;
}

function checkVolumeName(name: string, text: string): string {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    throw fail(
      `invalid volume specification: '${text}': "${name}" includes invalid characters for a local volume name, ` +
        'only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
    );
  }
  return name;
}

const MOUNT_KEYS: Readonly<Record<string, string>> = {
  type: 'type',
  source: 'source',
  src: 'source',
  target: 'target',
  dst: 'target',
  destination: 'target',
  readonly: 'readonly',
  ro: 'readonly',
  'bind-propagation': 'propagation',
  'bind-nonrecursive': 'nonrecursive',
  'bind-recursive': 'recursive',
  consistency: 'consistency',
  'volume-nocopy': 'nocopy',
  'volume-driver': 'driver',
  'tmpfs-size': 'size',
  'tmpfs-mode': 'mode',
};

const REFUSED_MOUNT_KEYS: Readonly<Record<string, string>> = {
  'volume-opt': 'the local driver takes no options',
  'volume-label': 'a volume gets its labels from `gantry volume create --label`',
  'volume-subpath': 'a volume is mounted as a whole',
};

const SWITCHES: readonly string[] = ['readonly', 'nonrecursive', 'nocopy'];

/** `type=bind|volume|tmpfs,source=…,target=…,…`, the value of `--mount`. */
export function parseMount(text: string, workingDir: string): MountConfig {
  const fields = new Map<string, string>();
  for (const field of text.split(',')) {
    const [key, value] = splitField(field);
    const name = MOUNT_KEYS[key.toLowerCase()];
    if (value === undefined && !SWITCHES.includes(name ?? '')) {
      throw fail(`invalid field '${field}' must be a key=value pair`);
    }
    const refused = REFUSED_MOUNT_KEYS[key.toLowerCase()];
    if (refused !== undefined) {
      throw fail(`${key} is not possible: ${refused}`);
    }
    if (name === undefined) {
      throw fail(`unexpected key '${key}' in '${field}'`);
    }
    fields.set(name, value ?? 'true');
  }
  return toMount(fields, workingDir);
}

function splitField(field: string): readonly [string, string | undefined] {
  const index = field.indexOf('=');
  return index < 0 ? [field, undefined] : [field.slice(0, index), field.slice(index + 1)];
}

function toMount(fields: ReadonlyMap<string, string>, workingDir: string): MountConfig {
  const type = fields.get('type') ?? 'volume';
  const target = fields.get('target');
  if (target === undefined || target === '') {
    throw fail('target is required');
  }
  if (!target.startsWith('/')) {
    throw fail(`invalid mount path: '${target}' mount path must be absolute`);
  }
  refuseForeignFields(type, fields);
  const readOnly = readSwitch(fields, 'readonly') ? { readOnly: true } : {};
  switch (type) {
    case 'bind':
      return { ...toBind(fields, { target, workingDir }), ...readOnly };
    case 'volume': {
      const source = fields.get('source');
      const driver = fields.get('driver') ?? 'local';
      if (driver !== 'local') {
        throw fail(`error looking up volume plugin ${driver}: plugin "${driver}" not found`);
      }
      const noCopy = readSwitch(fields, 'nocopy') ? { noCopy: true } : {};
      return { type, ...(source === undefined ? {} : { source }), target, ...readOnly, ...noCopy };
    }
    case 'tmpfs':
      return toTmpfs(fields, target);
    default:
      throw fail(`mount type unknown: "${type}"`);
  }
}

function toBind(
  fields: ReadonlyMap<string, string>,
  place: { readonly target: string; readonly workingDir: string },
): MountConfig {
  const source = fields.get('source');
  if (source === undefined || source === '') {
    throw fail('invalid mount config for type "bind": field Source must not be empty');
  }
  const propagation = fields.get('propagation');
  if (propagation !== undefined && !isPropagation(propagation)) {
    throw fail(`invalid propagation mode: '${propagation}'`);
  }
  const nonRecursive = readSwitch(fields, 'nonrecursive') || fields.get('recursive') === 'disabled';
  return {
    type: 'bind',
    source: resolvePath(source, place.workingDir),
    target: place.target,
    ...(propagation === undefined ? {} : { propagation }),
    ...(nonRecursive ? { nonRecursive } : {}),
  };
}

function toTmpfs(fields: ReadonlyMap<string, string>, target: string): MountConfig {
  const size = fields.get('size');
  const mode = fields.get('mode');
  if (mode !== undefined && !/^[0-7]+$/.test(mode)) {
    throw fail(`invalid value for tmpfs-mode: ${mode}`);
  }
  return {
    type: 'tmpfs',
    target,
    ...(size === undefined ? {} : { sizeBytes: parseBytes(size) }),
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    ...(readSwitch(fields, 'readonly') ? { options: ['ro'] } : {}),
  };
}

const FIELD_TYPES: Readonly<Record<string, string>> = {
  propagation: 'bind',
  nonrecursive: 'bind',
  recursive: 'bind',
  nocopy: 'volume',
  driver: 'volume',
  size: 'tmpfs',
  mode: 'tmpfs',
};

function refuseForeignFields(type: string, fields: ReadonlyMap<string, string>): void {
  for (const name of fields.keys()) {
    const owner = FIELD_TYPES[name];
    if (owner !== undefined && owner !== type) {
      throw fail(`cannot mix '${owner}-*' options with mount type '${type}'`);
    }
  }
}

function readSwitch(fields: ReadonlyMap<string, string>, name: string): boolean {
  const value = fields.get(name);
  if (value === undefined || value === 'true' || value === '1') {
    return value !== undefined;
  }
  if (value === 'false' || value === '0') {
    return false;
  }
  throw fail(`invalid value for ${name}: ${value}`);
}

/** `path[:option,…]`, the value of `--tmpfs`; `size` and `mode` have fields of their own. */
export function parseTmpfs(text: string): MountConfig {
  const index = text.indexOf(':');
  const path = index < 0 ? text : text.slice(0, index);
  const words = index < 0 ? [] : text.slice(index + 1).split(',');
  if (!path.startsWith('/')) {
    throw fail(`invalid mount path: '${path}' mount path must be absolute`);
  }
  const size = words.find((word) => word.startsWith('size='))?.slice('size='.length);
  const mode = words.find((word) => word.startsWith('mode='))?.slice('mode='.length);
  const options = words.filter((word) => word !== '' && !/^(size|mode)=/.test(word));
  return {
    type: 'tmpfs',
    target: resolvePath(path, '/'),
    ...(size === undefined || size.endsWith('%') ? {} : { sizeBytes: parseBytes(size) }),
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    ...(options.length === 0 ? {} : { options }),
  };
}
