import { readFileSync } from 'node:fs';

/** What an interface of the host is called beside its name; empty where it is not there or has none. */
export function readLinkAlias(name: string): string {
  try {
    return readFileSync(`/sys/class/net/${name}/ifalias`, 'utf8').trimEnd();
  } catch {
    // It is not there, or has gone meanwhile.
    return '';
  }
}
