import type { MountConfig } from './container-config.js';
import { EngineError, EngineRefusal } from './errors.js';
import type { Flags } from './flags.js';
import { parseMountOption, toMountConfig } from './mount-option.js';
import { omitUndefined } from './omit-undefined.js';
import { parseBytes } from './units.js';
import { isPropagation, parseVolumeMode } from './volume-mode.js';

/** The mounts of `-v`, `--mount` and `--tmpfs`, in this order. Throws where two have one target. */
export function parseMounts(flags: Flags, workingDir: string): readonly MountConfig[] {
  const driver = flags.text('volume-driver') ?? '';
  const mounts = [
    ...dropRepeated(flags.list('volume')).map((text) => withDriver(parseVolume(text, workingDir), driver)),
    ...flags
      .readAll('mount', parseMountOption)
      .map((option) => toMountConfig(option, (path) => resolvePath(path, workingDir))),
    ...flags.list('tmpfs').map(parseTmpfs),
  ];
  const targets = new Set<string>();
  for (const { target } of mounts) {
    const key = resolvePath(target, '/');
    if (targets.has(key)) throw fail(`Duplicate mount point: ${key}`);
    targets.add(key);
  }
  return mounts;
}

/** A volume of its own that is asked for twice is one, as in Docker. */
function dropRepeated(texts: readonly string[]): readonly string[] {
  return texts.filter((text, index) => text.includes(':') || texts.indexOf(text) === index);
}

function withDriver(mount: MountConfig, driver: string): MountConfig {
  return mount.type === 'volume' && driver !== '' ? { ...mount, driver } : mount;
}

function fail(message: string): EngineRefusal {
  return new EngineRefusal(message);
}

/** `[source:]target[:mode]`: a path is bound, a name is a volume, nothing is a volume of its own. */
export function parseVolume(text: string, workingDir: string): MountConfig {
  if (text === '') throw new EngineError('invalid-argument', 'invalid empty volume spec');
  const parts = text.split(':');
  if (parts.some((part) => part === ''))
    throw new EngineError('invalid-argument', `invalid spec: ${text}: empty section between colons`);
  const [first = '', second, mode] = parts;
  if (second === undefined) return { type: 'volume', target: checkTarget('volume', first, text) };
  // A target and a mode: without a source there is nothing that a mode could be of.
  if (parts.length > 3 || (mode === undefined && isMode(second))) throw fail(`invalid volume specification: '${text}'`);
  const words = mode === undefined ? [] : parseVolumeMode(mode);
  return isPath(first)
    ? toBind(text, { source: resolvePath(first, workingDir), target: second, words })
    : toVolume(text, { source: first, target: second, words });
}

interface VolumeText {
  readonly source: string;
  readonly target: string;
  readonly words: readonly string[];
}

function toBind(text: string, { source, target, words }: VolumeText): MountConfig {
  if (words.includes('nocopy')) throw refuseField('bind', text, 'VolumeOptions');
  return omitUndefined({
    type: 'bind' as const,
    source,
    target: checkTarget('bind', target, text),
    createSource: true,
    readOnly: words.includes('ro') ? true : undefined,
    propagation: words.find(isPropagation),
  });
}

function toVolume(text: string, { source, target, words }: VolumeText): MountConfig {
  if (words.some(isPropagation)) throw refuseField('volume', text, 'BindOptions');
  return omitUndefined({
    type: 'volume' as const,
    source,
    target: checkTarget('volume', target, text),
    readOnly: words.includes('ro') ? true : undefined,
    noCopy: words.includes('nocopy') ? true : undefined,
  });
}

function isMode(text: string): boolean {
  try {
    return parseVolumeMode(text).length > 0;
  } catch {
    // No mode: then it is a path.
    return false;
  }
}

/** As Docker's command line tells them apart; what begins otherwise is taken for a volume's name. */
function isPath(source: string): boolean {
  return source.startsWith('/') || source.startsWith('.');
}

function refuseField(type: 'bind' | 'volume', text: string, field: string): EngineError {
  return fail(
    `invalid volume specification: '${text}': invalid mount config for type "${type}": field ${field} must not be specified`,
  );
}

function checkTarget(type: 'bind' | 'volume', path: string, text: string): string {
  const target = resolvePath(path, '/');
  const reason = path.startsWith('/')
    ? "invalid specification: destination can't be '/'"
    : `invalid mount path: '${path}' mount path must be absolute`;
  if (path.startsWith('/') && target !== '/') return target;
  throw fail(`invalid volume specification: '${text}': invalid mount config for type "${type}": ${reason}`);
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

/** `path[:option,…]`, the value of `--tmpfs`; `size` and `mode` have fields of their own. */
export function parseTmpfs(text: string): MountConfig {
  const index = text.indexOf(':');
  const path = index < 0 ? text : text.slice(0, index);
  const words = index < 0 ? [] : text.slice(index + 1).split(',');
  if (!path.startsWith('/')) throw fail(`invalid mount path: '${path}' mount path must be absolute`);
  const target = resolvePath(path, '/');
  if (target === '/') throw fail("invalid specification: destination can't be '/'");
  const size = words.find((word) => word.startsWith('size='))?.slice('size='.length);
  const mode = words.find((word) => word.startsWith('mode='))?.slice('mode='.length);
  const options = words.filter((word) => word !== '' && !/^(size|mode)=/.test(word));
  return {
    type: 'tmpfs',
    target,
    ...(size === undefined || size.endsWith('%') ? {} : { sizeBytes: parseBytes(size) }),
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    ...(options.length === 0 ? {} : { options }),
  };
}
