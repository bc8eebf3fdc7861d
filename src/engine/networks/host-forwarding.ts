import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FirewallNetwork } from './firewall-rules.js';

/** Kernel parameters of the whole host that networks need. They are set when the first needs them and set back after the last. */
export interface HostForwarding {
  /** `owner` is the state root's table. Throws what the kernel refuses. */
  begin(owner: string, root: string, network: FirewallNetwork): void;
  end(owner: string): void;
}

export const HOST_FOLDER = '/run/gantry-networks';
const SETTINGS = '/proc/sys';

/** What all state roots of a host share is below `folder`: `user-OWNER` with its path for each that has a network, and what parameters were before. */
export function openForwarding(folder: string = HOST_FOLDER, settings: string = SETTINGS): HostForwarding {
  const set = (name: string, value: string): void => writeFileSync(join(settings, name), value);
  const turnOn = (name: string): void => {
    const before = readFileSync(join(settings, name), 'utf8').trim();
    if (before !== '0') return;
    writeFileSync(join(folder, toFileName(name)), before, { mode: 0o600 });
    set(name, '1');
  };
  return {
    begin: (owner, root, { interfaceName, subnets }) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(join(folder, `user-${owner}`), root, { mode: 0o600 });
      if (subnets.some((subnet) => !subnet.includes(':'))) {
        turnOn('net/ipv4/ip_forward');
        set(`net/ipv4/conf/${interfaceName}/route_localnet`, '1');
      }
      if (subnets.some((subnet) => subnet.includes(':'))) turnOn('net/ipv6/conf/all/forwarding');
    },
    end: (owner) => {
      rmSync(join(folder, `user-${owner}`), { force: true });
      const names = existsSync(folder) ? readdirSync(folder) : [];
      if (names.some((name) => name.startsWith('user-'))) return;
      for (const name of names.filter((each) => each.startsWith('before-'))) {
        set(fromFileName(name), readFileSync(join(folder, name), 'utf8'));
        rmSync(join(folder, name), { force: true });
      }
    },
  };
}

function toFileName(name: string): string {
  return `before-${name.replaceAll('/', '.')}`;
}

function fromFileName(file: string): string {
  return file.replace(/^before-/, '').replaceAll('.', '/');
}
