import { EngineError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { RoleFailure } from '../../platform/role-process.js';
import { isInterfaceThere, readHostInterfaceIndex, readInterfaceAlias, toInterfaceAlias } from './host-interfaces.js';
import { bringUp, deleteLink, makeDummy, makeVlan, setAlias } from './netlink/links.js';
import { type HostRequest, toRequest } from './netlink/request.js';

/**
 * The interfaces that macvlan and ipvlan networks are on. One that is not there is made, as Docker does: `NAME.ID` as VLAN of NAME,
 * and for a network without a parent, or an internal one, a dummy that leads nowhere.
 */
export interface ParentLinks {
  /** Rejects: invalid-argument (no name of a VLAN), unavailable (the kernel has no such interfaces). */
  up(network: Network): Promise<void>;
  /** Takes away what was made. */
  down(network: Network): Promise<void>;
}

export function createParentLinks(
  send: (requests: readonly HostRequest[]) => Promise<void>,
  table: string,
): ParentLinks {
  return {
    up: async (network) => {
      const { id, interfaceName: name = '' } = network;
      if (isInterfaceThere(name)) return;
      const isDummy = network.internal || !network.options['parent'];
      const [what, message] = isDummy
        ? [`failed to create ${name} dummy link`, makeDummy(name)]
        : [`failed to create ${name} vlan link`, makeVlan({ name, ...parseVlan(name) })];
      try {
        await send([toRequest('host', `make ${name}`, [message])]);
        await send([
          toRequest('host', `set up ${name}`, [
            setAlias(name, toInterfaceAlias(table, id)),
            bringUp(readHostInterfaceIndex(name)),
          ]),
        ]);
      } catch (error) {
        // Another process was faster.
        if (readInterfaceAlias(name) === toInterfaceAlias(table, id)) return;
        if (!(error instanceof RoleFailure)) throw error;
        throw new EngineError('unavailable', `${what}: ${error.message}`, { cause: error });
      }
    },
    down: async ({ id, interfaceName: name = '' }) => {
      if (readInterfaceAlias(name) !== toInterfaceAlias(table, id)) return;
      await send([toRequest('host', `remove ${name}`, [deleteLink(name)])]);
    },
  };
}

/** In Docker's words. */
function parseVlan(name: string): { readonly parentIndex: number; readonly vlanId: number } {
  const [parent = '', text = '', ...more] = name.split('.');
  if (!name.includes('.')) {
    refuse(`invalid subinterface vlan name ${name}, example formatting is eth0.10`);
  }
  if (more.length > 0) {
    refuse(`required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received ${name}`);
  }
  if (!/^\d+$/.test(text)) refuse(`unable to parse a valid vlan id from: ${text} (ex. eth0.10 for vlan 10)`);
  if (!isInterfaceThere(parent)) refuse(`-o parent interface does was not found on the host: ${parent}`);
  const vlanId = Number(text);
  if (vlanId < 1 || vlanId > 4094) refuse(`vlan id must be between 1-4094, received: ${vlanId}`);
  return { parentIndex: readHostInterfaceIndex(parent), vlanId };
}

function refuse(message: string): never {
  throw new EngineError('invalid-argument', message);
}
