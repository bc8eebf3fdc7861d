import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FirewallNetwork } from './firewall-rules.js';
import { HOST_FOLDER, listHostFiles, readHostFile, readHostFiles } from './host-folder.js';

/** Kernel parameters of the whole host that networks need. They are set when the first needs them and set back after the last. */
export interface HostForwarding {
  /** `owner` is the state root's table; the network's interface is there. Throws what the kernel refuses. */
  begin(owner: string, root: string, network: FirewallNetwork): void;
  /** What comes from 127.0.0.1 may be led into the network: rules must keep others from it. */
  routeLoopback(network: FirewallNetwork): void;
  end(owner: string): void;
  /** Those that have begun and not ended. */
  listOwners(): readonly ForwardingOwner[];
}

export interface ForwardingOwner {
  readonly owner: string;
  /** The path of its state root; empty where it was killed before it could say so. */
  readonly root: string;
  /** When it said so. */
  readonly changedAtMs: number;
}

const SETTINGS = '/proc/sys';
const USER = 'user-';
const BEFORE = 'before-';

/** In the folder are a file for each owner, and one for each parameter that was off before. */
export function openForwarding(folder: string = HOST_FOLDER, settings: string = SETTINGS): HostForwarding {
  const set = (name: string, value: string): void => writeFileSync(join(settings, name), value);
  const turnOn = (name: string): void => {
    if (readFileSync(join(settings, name), 'utf8').trim() !== '0') return;
    writeFileSync(join(folder, `${BEFORE}${name.replaceAll('/', '.')}`), '', { mode: 0o600 });
    set(name, '1');
  };
  return {
    begin: (owner, root, { interfaceName, subnets }) => {
      const hasV6 = subnets.some((subnet) => subnet.includes(':'));
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const user = join(folder, `${USER}${owner}`);
      // One that is right is never empty in between: others would take its owner for killed.
      if (readHostFile(user)?.text !== root) writeFileSync(user, root, { mode: 0o600 });
      if (subnets.some((subnet) => !subnet.includes(':'))) turnOn('net/ipv4/ip_forward');
      const ipv6 = `net/ipv6/conf/${interfaceName}`;
      if (existsSync(join(settings, ipv6))) {
        // A container that says to be a router must not become the host's. CVE-2020-13401
        set(`${ipv6}/accept_ra`, '0');
        if (!hasV6) set(`${ipv6}/disable_ipv6`, '1');
      }
      if (hasV6) turnOn('net/ipv6/conf/all/forwarding');
    },
    routeLoopback: ({ interfaceName, subnets }) => {
      if (subnets.some((subnet) => !subnet.includes(':'))) set(`net/ipv4/conf/${interfaceName}/route_localnet`, '1');
    },
    end: (owner) => {
      rmSync(join(folder, `${USER}${owner}`), { force: true });
      if (listHostFiles(folder, USER).length > 0) return;
      for (const name of listHostFiles(folder, BEFORE)) {
        set(name.replaceAll('.', '/'), '0');
        rmSync(join(folder, `${BEFORE}${name}`), { force: true });
      }
    },
    listOwners: () =>
      readHostFiles(folder, USER).map(({ name, text, changedAtMs }) => ({ owner: name, root: text, changedAtMs })),
  };
}
