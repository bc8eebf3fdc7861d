import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkStray } from '../../model/network.js';
import { HOST_FOLDER } from './host-forwarding.js';
import { deleteTable, makeBatch } from './netlink/filter.js';
import { deleteLink } from './netlink/links.js';
import { encodeMessages, type Message } from './netlink/message.js';
import type { NetworkParts } from './network-parts.js';

/** Something of Gantry's on the host that nothing needs any more, and how it goes. */
interface Found extends NetworkStray {
  remove(): Promise<void>;
}

export interface RemoveStraysOptions {
  /** Tells and leaves them. */
  readonly preview?: boolean;
  /** What state roots of a host share: host-forwarding.ts, host-claims.ts. */
  readonly folder?: string;
}

/**
 * Bridges, firewall tables and claims that a crash has left: of networks that this state root has not, and of state roots that are
 * gone. An interface is known by its alias, a table by the file of its root: nothing of others is looked at. Rejects with RoleFailure.
 */
export async function removeStrays(
  parts: Pick<NetworkParts, 'store' | 'table' | 'send'>,
  { preview = false, folder = HOST_FOLDER }: RemoveStraysOptions = {},
): Promise<readonly NetworkStray[]> {
  const found = [...findBridges(parts), ...findRoots(parts, folder), ...findClaims(folder)];
  for (const { remove } of found) if (!preview) await remove();
  return found.map(({ name, reason }) => ({ name, reason }));
}

/** Bridges of this state root without a row. */
function findBridges({ store, table, send }: Pick<NetworkParts, 'store' | 'table' | 'send'>): readonly Found[] {
  return listInterfaces()
    .filter(({ owner, id }) => owner === table && store.get(id) === undefined)
    .map(({ name }) => ({
      name: `bridge ${name}`,
      reason: 'no network has it',
      remove: () => sendOne(send, 'host', deleteLink(name)),
    }));
}

function findRoots({ table: own, send }: Pick<NetworkParts, 'table' | 'send'>, folder: string): readonly Found[] {
  return listFiles(folder, 'user-').flatMap((table) => {
    const root = readText(join(folder, `user-${table}`));
    if (table === own || root === '' || existsSync(join(root, 'state.db'))) return [];
    const reason = `its state root ${root} is gone`;
    const bridges = listInterfaces().filter(({ owner }) => owner === table);
    return [
      ...bridges.map(({ name }) => ({
        ...{ name: `bridge ${name}`, reason },
        remove: () => sendOne(send, 'host', deleteLink(name)),
      })),
      {
        ...{ name: `firewall ${table}`, reason },
        remove: async () => {
          await send([{ place: 'filter', messages: encodeMessages(makeBatch([deleteTable(table)])) }]);
          rmSync(join(folder, `user-${table}`), { force: true });
        },
      },
    ];
  });
}

/** Claims of subnets whose interface is not there: nobody is about to make it after so long, ms. */
const UNUSED_LIMIT_MS = 60_000;

function findClaims(folder: string): readonly Found[] {
  return listFiles(folder, 'subnet-').flatMap((file) => {
    const path = join(folder, `subnet-${file}`);
    const [owner = '', atMs = '0'] = readText(path).split(' ');
    if (existsSync(`/sys/class/net/${owner}`) || Date.now() - Number(atMs) < UNUSED_LIMIT_MS) return [];
    return [
      {
        name: `claim of ${file.replace('_', '/')}`,
        reason: `its interface ${owner} is gone`,
        remove: () => {
          rmSync(path, { force: true });
          return Promise.resolve();
        },
      },
    ];
  });
}

async function sendOne(send: NetworkParts['send'], place: 'host', message: Message): Promise<void> {
  await send([{ place, messages: encodeMessages([message]) }]);
}

/** Interfaces with an alias of Gantry's form: the table of their state root and the id of their network. */
function listInterfaces(): readonly { readonly name: string; readonly owner: string; readonly id: string }[] {
  return readdirSync('/sys/class/net').flatMap((name) => {
    const [owner = '', id = ''] = readText(`/sys/class/net/${name}/ifalias`).trimEnd().split(' ');
    return owner.startsWith('gantry_') && id !== '' ? [{ name, owner, id }] : [];
  });
}

function listFiles(folder: string, prefix: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has gone meanwhile.
    return '';
  }
}
