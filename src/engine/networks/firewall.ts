import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import { FIREWALL_BACKENDS, type FirewallBackend } from '../../model/firewall-backend.js';
import { RoleFailure } from '../../platform/role-process.js';
import { type FirewallNetwork, makeFirewall, NEWEST_SET } from './firewall-rules.js';
import { HOST_FOLDER, readHostFile, readHostFiles } from './host-folder.js';
import { createIptablesRules, type IptablesRules } from './iptables-rules.js';
import { deleteTable, findSet, makeBatch } from './netlink/filter.js';
import { type HostRequest, toRequest } from './netlink/request.js';

/** The rules of a state root's networks. ADR 26 */
export interface Firewall {
  /** By what they are written since the first bridge came up, whichever process brought it up. */
  backend(): FirewallBackend;
  /** In place of all that there were. Rejects: unavailable (the host has not what was asked for), RoleFailure. */
  write(networks: readonly FirewallNetwork[]): Promise<void>;
  /** False where others have taken the rules away since they were written. Rejects: RoleFailure. */
  isThere(): Promise<boolean>;
  remove(): Promise<void>;
}

/** What a start looks for in the kernel, and says when it is missing: others have flushed all rules. */
const FIND_RULES = 'find the rules of the firewall';

/** Rules of an older Gantry are missing too. */
export function findFirewall(table: string): HostRequest {
  return toRequest('filter', FIND_RULES, [findSet(table, NEWEST_SET)]);
}

/** True of what came of that request where there are no such rules. */
export function isFirewallMissing({ errno, target }: { readonly errno: string; readonly target: string }): boolean {
  return errno === 'ENOENT' && target === FIND_RULES;
}

export interface FirewallOptions {
  readonly table: string;
  readonly send: (requests: readonly HostRequest[]) => Promise<void>;
  /** As `--firewall-backend`; absent: the first that works. */
  readonly wanted?: FirewallBackend;
  readonly folder?: string;
  readonly iptables?: IptablesRules;
}

/** What was chosen is in a file of the host's folder, for the processes that come later. */
export function createFirewall(options: FirewallOptions): Firewall {
  const { table, send, wanted, folder = HOST_FOLDER, iptables = createIptablesRules(table) } = options;
  const note = join(folder, `${NOTE}${table}`);
  // There are rules of iptables beside those of nftables.
  const passing = join(folder, `passing-${table}`);
  const writeNote = (path: string, text: string): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path, text, { mode: 0o600 });
  };
  const tryWrite = async (backend: FirewallBackend, networks: readonly FirewallNetwork[]): Promise<boolean> => {
    if (backend === 'none') return true;
    if (backend === 'iptables') {
      writeNote(note, backend);
      return await iptables.write(networks);
    }
    return await send([toRequest('filter', 'write the rules of the firewall', makeFirewall(table, networks))]).then(
      async () => {
        if (!(await iptables.isDropping())) return true;
        writeNote(passing, '');
        await iptables.letThrough(networks);
        return true;
      },
      (error: unknown) => {
        if (error instanceof RoleFailure && ABSENT.includes(error.errno)) return false;
        throw error;
      },
    );
  };
  const removeTable = (): Promise<void> => send([toRequest('filter', undefined, makeBatch([deleteTable(table)]))]);
  return {
    backend: () => readNote(note) ?? 'nftables',
    write: async (networks) => {
      const chosen = readNote(note) ?? wanted;
      for (const backend of chosen === undefined ? FIREWALL_BACKENDS : [chosen]) {
        if (!(await tryWrite(backend, networks))) continue;
        writeNote(note, backend);
        return;
      }
      rmSync(note, { force: true });
      throw new EngineError('unavailable', `firewall backend ${chosen}: this host has none`);
    },
    isThere: async () => {
      const backend = readNote(note);
      if (backend === 'iptables') return await iptables.isThere();
      if (backend === 'none' || backend === undefined) return true;
      return await send([findFirewall(table)]).then(
        () => true,
        (error: unknown) => {
          if (error instanceof RoleFailure && isFirewallMissing(error)) return false;
          throw error;
        },
      );
    },
    remove: async () => {
      const backend = readNote(note);
      if (backend === 'iptables' || existsSync(passing)) await iptables.remove();
      if (backend === 'nftables') await removeTable();
      // An older program has left no note.
      if (backend === undefined) await removeTable().catch(() => undefined);
      for (const path of [passing, note]) rmSync(path, { force: true });
    },
  };
}

const NOTE = 'firewall-';

/** Whose rules were written on this host and not removed, and when. */
export function listFirewallNotes(
  folder: string = HOST_FOLDER,
): readonly { readonly table: string; readonly changedAtMs: number }[] {
  return readHostFiles(folder, NOTE).map(({ name, changedAtMs }) => ({ table: name, changedAtMs }));
}

/** What a kernel says that has no nfnetlink, or no nf_tables behind it. netlink(7); net/netfilter/nfnetlink.c, nfnetlink_rcv_batch */
const ABSENT = ['EPROTONOSUPPORT', 'EOPNOTSUPP', 'EAFNOSUPPORT'];

/** Undefined where no bridge is up. */
function readNote(path: string): FirewallBackend | undefined {
  const text = readHostFile(path)?.text;
  return FIREWALL_BACKENDS.find((backend) => backend === text);
}
