import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { ContainerId, NetworkId } from '../../model/ids.js';
import { errnoOf } from '../../platform/kernel-file.js';

/**
 * What the resolvers of containers (isolation/native/names.c) know each other by. A file for each container in a network,
 * `FOLDER/NETWORK-ID/CONTAINER-ID`, of lines with one space between words:
 *
 *     network NAME           what the network is called
 *     link ALIAS NAME        another container's name, for the container of the file alone
 *     ADDRESS NAME...        the container's name, then whatever else it is called; a line for each address
 *
 * A file comes by its rename, so that the folder's time tells of every change; names that begin with a dot are of files on
 * their way. The container's monitor removes the file when the container has ended.
 */
export interface ContainerNames {
  readonly networkName: string;
  /** Bare, without a prefix length; IPv4 and IPv6. */
  readonly addresses: readonly string[];
  /** The container's own name first: that is what an address is resolved to. What no DNS query can ask for is left out. */
  readonly names: readonly string[];
  /** By alias: the name of the container that is meant. */
  readonly links?: Readonly<Record<string, string>>;
}

/** The longest file that names.c reads, bytes. */
const MAX_FILE_BYTES = 64 * 1024;
const DNS_NAME = /^[!-~]{1,253}$/;

/** Takes the place of what the container was called there. Throws invalid-argument where there are more names than fit. */
export function writeNames(
  folder: string,
  networkId: NetworkId,
  containerId: ContainerId,
  names: ContainerNames,
): void {
  const text = formatNames(names);
  if (text.length > MAX_FILE_BYTES) {
    throw new EngineError('invalid-argument', `the container has too many names: at most ${MAX_FILE_BYTES} bytes fit`);
  }
  const place = join(folder, networkId);
  const partial = join(place, `.${containerId}.${process.pid}`);
  const write = (): void => {
    mkdirSync(place, { recursive: true, mode: 0o700 });
    writeFileSync(partial, text, { mode: 0o600 });
    renameSync(partial, join(place, containerId));
  };
  try {
    write();
  } catch (error) {
    // Another process has just removed the empty folder as a stray one.
    if (errnoOf(error) !== 'ENOENT') throw error;
    write();
  }
}

/** Nothing there is no error. */
export function removeNames(folder: string, networkId: NetworkId, containerId: ContainerId): void {
  rmSync(join(folder, networkId, containerId), { force: true });
}

/**
 * Paths of what is left of containers that do not run, and of networks that nobody is in. `isRunning` also holds for who is
 * being started: the names are there first.
 */
export function listStrayNames(folder: string, isRunning: (id: ContainerId) => boolean): readonly string[] {
  return listFolder(folder).flatMap((network) => {
    const place = join(folder, network);
    const files = listFolder(place);
    const strays = files.filter((file) => !isRunning(ownerOf(file)));
    const paths = strays.map((file) => join(place, file));
    return strays.length === files.length ? [...paths, place] : paths;
  });
}

/** Removes them, and tells which. A folder that somebody has come into since stays. */
export function removeStrayNames(folder: string, isRunning: (id: ContainerId) => boolean): readonly string[] {
  return listStrayNames(folder, isRunning).filter(removePath);
}

function removePath(path: string): boolean {
  try {
    rmSync(path);
    return true;
  } catch (error) {
    return errnoOf(error) === 'ERR_FS_EISDIR' && removeFolder(path);
  }
}

function removeFolder(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    // Not empty any more, or gone.
    return false;
  }
}

/** `ID`, or `.ID.PID` of a file on its way. */
function ownerOf(file: string): ContainerId {
  return (file.startsWith('.') ? file.split('.')[1] : file) as ContainerId;
}

function listFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    // Not there, or no folder: nobody is in it.
    return [];
  }
}

function formatNames({ networkName, addresses, names, links }: ContainerNames): string {
  const called = names.filter(isName).join(' ');
  const lines = [
    ...(isName(networkName) ? [`network ${networkName}`] : []),
    ...Object.entries(links ?? {})
      .filter((pair) => pair.every(isName))
      .map(([alias, name]) => `link ${alias} ${name}`),
    ...(called === '' ? [] : addresses.map((address) => `${address} ${called}`)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function isName(text: string): boolean {
  return DNS_NAME.test(text);
}
