import type { ContainerRef } from '../../model/ids.js';

/** A path of a container, whatever was typed for it. */
export function containerPath(ref: ContainerRef, verb = ''): string {
  return `/containers/${encodeURIComponent(ref.replace(/^\//, ''))}${verb === '' ? '' : `/${verb}`}`;
}
