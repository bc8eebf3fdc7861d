import { writeFileSync } from 'node:fs';
import { isActive } from '../../model/container-state.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { readHostFile } from './generated-files.js';
import { findLiveLinks, toHostLines } from './legacy-links.js';

/** A container that has started again may have another address: the files of hosts of those that run with old links to it get that. */
export function followLinks({ store, paths }: Pick<ContainerParts, 'store' | 'paths'>, { id }: ContainerRecord): void {
  for (const recipient of store.list().filter(({ state }) => isActive(state))) {
    const links = findLiveLinks({ store }, recipient).filter(({ target }) => target.id === id);
    if (links.length === 0) continue;
    const path = paths.container(recipient.id).hosts;
    const text = readHostFile(path);
    const next = toHostLines(links).reduce((lines, [address, names]) => readdress(lines, names, address), text);
    if (next !== text) writeFileSync(path, next);
  }
}

/** In place of the address that stands before these names; a line that the container has changed stays as it is. */
function readdress(text: string, names: string, address: string): string {
  const lines = text.split('\n');
  return lines.map((line) => (line.endsWith(`\t${names}`) ? `${address}\t${names}` : line)).join('\n');
}
