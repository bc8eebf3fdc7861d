import { realpathSync } from 'node:fs';
import { EngineError } from '../../model/errors.js';
import type { MountPropagation } from '../../model/mount-words.js';
import { unescapeMountPath } from '../../platform/mountinfo.js';

interface HostMount {
  readonly point: string;
  readonly isShared: boolean;
  readonly isSlave: boolean;
}

/**
 * Refuses what would have no effect: mounts pass between a bind and its source only where the host shares the mount that the
 * source is on. `mountinfo` as in /proc/self/mountinfo. Throws invalid-argument, in Docker's words. mount_namespaces(7)
 */
export function checkPropagation(source: string, propagation: MountPropagation, mountinfo: string): void {
  const needsShared = propagation.endsWith('shared');
  if (!needsShared && !propagation.endsWith('slave')) return;
  const { point, isShared, isSlave } = findMount(realpathSync(source), mountinfo);
  if (isShared || (isSlave && !needsShared)) return;
  const kind = needsShared ? 'a shared mount' : 'a shared or slave mount';
  throw new EngineError('invalid-argument', `path ${source} is mounted on ${point} but it is not ${kind}`);
}

/** The lowest mount point above the path; of several on one point the last covers the others. */
function findMount(path: string, mountinfo: string): HostMount {
  let found: HostMount = { point: '/', isShared: false, isSlave: false };
  for (const line of mountinfo.split('\n')) {
    const [, , , , text = '', , ...rest] = line.split(' ');
    const point = unescapeMountPath(text);
    const isAbove = point === '/' || path === point || path.startsWith(`${point}/`);
    if (point === '' || !isAbove || point.length < found.point.length) continue;
    const optional = rest.slice(0, rest.indexOf('-'));
    const has = (word: string): boolean => optional.some((field) => field.startsWith(`${word}:`));
    found = { point, isShared: has('shared'), isSlave: has('master') };
  }
  return found;
}
