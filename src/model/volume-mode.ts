import { EngineRefusal } from './errors.js';
import { MOUNT_PROPAGATIONS, type MountPropagation } from './mount-words.js';

/** Of each kind a mode has one word at most. Those of the last two change nothing on Linux here: SELinux, and how fresh a shared folder is. */
const KINDS: readonly (readonly string[])[] = [
  ['ro', 'rw'],
  ['nocopy'],
  MOUNT_PROPAGATIONS,
  ['z', 'Z'],
  ['consistent', 'cached', 'delegated'],
];

/** The words of a mode such as `ro,nocopy`, the last part of `-v` and `--volumes-from`. Throws invalid-argument in Docker's words. */
export function parseVolumeMode(mode: string): readonly string[] {
  const words = mode.split(',');
  const kinds = words.map((word) => KINDS.findIndex((kind) => kind.includes(word)));
  if (kinds.includes(-1) || new Set(kinds).size < kinds.length) throw refuseMode(mode);
  return words;
}

/** What is taken from another container is as it is there: neither copied to nor passed on otherwise. */
export function checkVolumesFrom(text: string): string {
  const index = text.indexOf(':');
  const name = index < 0 ? text : text.slice(0, index);
  if (text === '') throw new EngineRefusal('volumes-from specification cannot be an empty string');
  if (name === '') throw new EngineRefusal('invalid name or ID supplied: ""');
  if (index < 0) return text;
  const mode = text.slice(index + 1);
  const words = parseVolumeMode(mode);
  if (words.some((word) => word === 'nocopy' || isPropagation(word))) throw refuseMode(mode);
  return text;
}

export function isPropagation(word: string): word is MountPropagation {
  return MOUNT_PROPAGATIONS.some((propagation) => propagation === word);
}

function refuseMode(mode: string): EngineRefusal {
  return new EngineRefusal(`invalid mode: ${mode}`);
}
