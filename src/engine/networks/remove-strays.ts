import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkStray } from '../../model/network.js';
import { createFirewall, listFirewallNotes } from './firewall.js';
import { type HostClaims, openHostClaims } from './host-claims.js';
import { UNFINISHED_LIMIT_MS } from './host-folder.js';
import { type ForwardingOwner, type HostForwarding, openForwarding } from './host-forwarding.js';
import { readInterfaceAlias } from './host-interfaces.js';
import { deleteLink } from './netlink/links.js';
import { toRequest } from './netlink/request.js';
import type { NetworkParts } from './network-parts.js';

type StrayParts = Pick<NetworkParts, 'store' | 'table' | 'send' | 'clock'> & {
  readonly claims: HostClaims;
  readonly forwarding: HostForwarding;
};

/** Something of Gantry's on the host that nothing needs any more, and how it goes. */
interface Found extends NetworkStray {
  remove(): void | Promise<void>;
}

/**
 * Bridges, firewall tables and claims that a crash has left: of networks that this state root has not, and of state roots that are
 * gone. An interface is known by its alias, a table by the file of its root: nothing of others is looked at. Rejects with RoleFailure.
 */
export async function removeStrays(
  given: Pick<NetworkParts, 'store' | 'table' | 'send' | 'clock'>,
  { preview = false }: { readonly preview?: boolean } = {},
): Promise<readonly NetworkStray[]> {
  const parts = { ...given, claims: openHostClaims(given.clock.nowMs), forwarding: openForwarding() };
  const found = [...findBridges(parts), ...findRoots(parts), ...findRules(parts), ...findClaims(parts)];
  for (const { remove } of found) if (!preview) await remove();
  return found.map(({ name, reason }) => ({ name, reason }));
}

/** Bridges of this state root that are no network's: it is gone, or one was being made. */
function findBridges(parts: StrayParts): readonly Found[] {
  return listInterfaces()
    .filter(({ owner, id, name }) => owner === parts.table && parts.store.get(id)?.interfaceName !== name)
    .map(({ name }) => toStrayBridge(parts, name, 'no network has it'));
}

function findRoots(parts: StrayParts): readonly Found[] {
  const { forwarding, send, clock, table: own } = parts;
  const isGone = ({ root, changedAtMs }: ForwardingOwner) =>
    root === '' ? clock.nowMs() - changedAtMs >= UNFINISHED_LIMIT_MS : !existsSync(join(root, 'state.db'));
  return forwarding
    .listOwners()
    .filter((user) => user.owner !== own && isGone(user))
    .flatMap(({ owner, root }) => {
      const reason = root === '' ? 'it does not say whose it is' : `its state root ${root} is gone`;
      const bridges = listInterfaces().filter((link) => link.owner === owner);
      const remove = async () => {
        await createFirewall({ table: owner, send }).remove();
        forwarding.end(owner);
      };
      return [
        ...bridges.map(({ name }) => toStrayBridge(parts, name, reason)),
        { name: `firewall ${owner}`, reason, remove },
      ];
    });
}

/** What a state root has noted of its rules goes before the root's own file does: a note without that was left by a crash. */
function findRules({ forwarding, send, clock, table: own }: StrayParts): readonly Found[] {
  const owners = forwarding.listOwners().map(({ owner }) => owner);
  return listFirewallNotes()
    .filter(({ table, changedAtMs }) => table !== own && clock.nowMs() - changedAtMs >= UNFINISHED_LIMIT_MS)
    .filter(({ table }) => !owners.includes(table))
    .map(({ table }) => ({
      name: `firewall ${table}`,
      reason: 'no state root has it',
      remove: () => createFirewall({ table, send }).remove(),
    }));
}

/** With what it has claimed. */
function toStrayBridge({ send, claims }: StrayParts, interfaceName: string, reason: string): Found {
  const remove = async () => {
    await send([toRequest('host', `remove ${interfaceName}`, [deleteLink(interfaceName)])]);
    const own = claims.list().filter((claim) => claim.interfaceName === interfaceName);
    for (const { subnet } of own) claims.release(subnet, interfaceName);
  };
  return { name: `bridge ${interfaceName}`, reason, remove };
}

function findClaims({ claims }: StrayParts): readonly Found[] {
  return claims
    .list()
    .filter(({ isUnused }) => isUnused)
    .map(({ subnet, interfaceName }) => ({
      name: `claim of ${subnet}`,
      reason: interfaceName === '' ? 'it does not say whose it is' : `its interface ${interfaceName} is gone`,
      remove: () => claims.release(subnet, interfaceName),
    }));
}

/** Interfaces with an alias of Gantry's form: the table of their state root and the id of their network. */
function listInterfaces(): readonly { readonly name: string; readonly owner: string; readonly id: string }[] {
  return readdirSync('/sys/class/net').flatMap((name) => {
    const [owner = '', id = ''] = readInterfaceAlias(name).split(' ');
    return owner.startsWith('gantry_') && id !== '' ? [{ name, owner, id }] : [];
  });
}
