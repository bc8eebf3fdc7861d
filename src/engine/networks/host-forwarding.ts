import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FirewallNetwork } from './firewall-rules.js';
import { HOST_FOLDER, listHostFiles } from './host-folder.js';

/** Kernel parameters of the whole host that networks need. They are set when the first needs them and set back after the last. */
export interface HostForwarding {
  /** `owner` is the state root's table; the network's interface is there. Throws what the kernel refuses. */
  begin(owner: string, root: string, network: FirewallNetwork): void;
  /** What comes from 127.0.0.1 may be led into the network: rules must keep others from it. */
  routeLoopback(network: FirewallNetwork): void;
  end(owner: string): void;
  /** Those that have begun and not ended, with the paths of their state roots. */
  listOwners(): readonly { readonly owner: string; readonly root: string }[];
}

const SETTINGS = '/proc/sys';
const USER = 'user-';
const BEFORE = 'before-';

/** In the folder are a file for each owner, and what parameters were before. */
export function openForwarding(folder: string = HOST_FOLDER, settings: string = SETTINGS): HostForwarding {
  const set = (name: string, value: string): void => writeFileSync(join(settings, name), value);
  const turnOn = (name: string): void => {
    const before = readFileSync(join(settings, name), 'utf8').trim();
    if (before !== '0') return;
    writeFileSync(join(folder, `${BEFORE}${name.replaceAll('/', '.')}`), before, { mode: 0o600 });
    set(name, '1');
  };
  return {
    begin: (owner, root, { interfaceName, subnets }) => {
      const hasV6 = subnets.some((subnet) => subnet.includes(':'));
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, `${USER}${owner}`), root, { mode: 0o600 });
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
        const path = join(folder, `${BEFORE}${name}`);
        set(name.replaceAll('.', '/'), readFileSync(path, 'utf8'));
        rmSync(path, { force: true });
      }
    },
    listOwners: () =>
      listHostFiles(folder, USER).map((owner) => ({
        owner,
        root: readFileSync(join(folder, `${USER}${owner}`), 'utf8'),
      })),
  };
}
