import { EngineError } from '../../model/errors.js';
import { MOUNT_ATTRIBUTES } from '../../model/mount-words.js';

/** Accepted because mount(8) has them; they change nothing here. */
const WITHOUT_EFFECT = [
  'defaults',
  'async',
  'sync',
  'dirsync',
  'mand',
  'nomand',
  'silent',
  'loud',
  'lazytime',
  'nolazytime',
];

/** tmpfs(5). */
const VALUES = ['mode', 'size', 'nr_blocks', 'nr_inodes', 'uid', 'gid', 'mpol', 'huge'];

/**
 * Docker's options of a tmpfs, `noexec,nosuid,nodev` first and then the user's; of two that contradict each other the later
 * stays. Throws invalid-argument with Docker's words.
 */
export function mergeTmpfsOptions(given: readonly string[]): readonly string[] {
  const merged = new Map<string, string>();
  for (const option of ['noexec', 'nosuid', 'nodev', ...given.flatMap((text) => text.split(',')).filter(Boolean)]) {
    const [key = '', value] = splitOption(option);
    if (WITHOUT_EFFECT.includes(option)) {
      continue;
    }
    const pair = MOUNT_ATTRIBUTES.find((words) => words.includes(option));
    if (pair === undefined && !(VALUES.includes(key) && value !== undefined)) {
      throw new EngineError('invalid-argument', `invalid tmpfs option ["${option}"]`);
    }
    for (const word of pair ?? [key]) {
      merged.delete(word);
    }
    merged.set(pair ? option : key, option);
  }
  return [...merged.values()];
}

function splitOption(option: string): readonly [string, string | undefined] {
  const equals = option.indexOf('=');
  return equals < 0 ? [option, undefined] : [option.slice(0, equals), option.slice(equals + 1)];
}
