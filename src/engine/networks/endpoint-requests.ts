import {
  addAddress,
  bringUp,
  type DirectLink,
  deleteLink,
  deleteLinkOfIndex,
  findNamespaceMark,
  joinBridge,
  makeDirectLink,
  makeVeth,
  setBridgePort,
  setDefaultRoute,
  withoutOwnAddresses,
} from './netlink/links.js';
import type { Message } from './netlink/message.js';
import { type NetlinkRequest, toRequest } from './netlink/request.js';

/** A container's interface in one network. */
export interface EndpointLink {
  /** Inside: `eth0`, and its number there. */
  readonly name: string;
  readonly index: number;
  readonly link: BridgedLink | (Pick<DirectLink, 'kind' | 'parentIndex' | 'mode'> & { readonly macAddress?: string });
  readonly mtu?: number;
  /** With the length of the prefix. */
  readonly addresses: readonly string[];
  /** Where its network is the way to all others: the way of each family, `link` where there is no gateway. */
  readonly defaultRoutes: readonly { readonly family: 4 | 6; readonly gateway?: string }[];
}

export interface BridgedLink {
  readonly kind: 'veth';
  /** The host's end. */
  readonly hostName: string;
  readonly bridgeName: string;
  readonly bridgeIndex: number;
  readonly macAddress: string;
  /** It reaches published ports of its own. */
  readonly hairpin: boolean;
  /** It reaches no other container of the bridge. */
  readonly isolated: boolean;
}

/** Makes the interface and all that is in it. */
export function connectEndpoint(endpoint: EndpointLink): readonly NetlinkRequest[] {
  return [...makeInterface(endpoint), ...setUpInterface(endpoint)];
}

/** From inside, for the host's end goes with the other. What the container has removed itself, or never had, is gone. */
export function disconnectEndpoint({ index }: Pick<EndpointLink, 'index'>): NetlinkRequest {
  return toRequest('container', undefined, [deleteLinkOfIndex(index)]);
}

function makeInterface({ name, index, link, mtu }: EndpointLink): readonly NetlinkRequest[] {
  const size = mtu === undefined ? {} : { mtu };
  if (link.kind !== 'veth') {
    const { kind, parentIndex, mode, macAddress } = link;
    const address = macAddress === undefined ? {} : { macAddress };
    const message = makeDirectLink({ kind, parentIndex, mode, name, index, ...address, ...size });
    return [inNamespace('host', `make ${name} of ${kind}`, message)];
  }
  const { hostName, bridgeName, bridgeIndex, macAddress, hairpin, isolated } = link;
  return [
    // Of the run before, whose namespace the kernel has not taken apart yet.
    toRequest('host', undefined, [deleteLink(hostName)]),
    inNamespace('container', `make ${name}`, makeVeth({ name, index, macAddress, peerName: hostName, ...size })),
    toRequest('host', `connect ${name} to ${bridgeName}`, [joinBridge(hostName, bridgeIndex)]),
    ...(hairpin || isolated
      ? [
          toRequest('host', `set the port of ${name} at ${bridgeName}`, [
            setBridgePort(hostName, { hairpin, isolated }),
          ]),
        ]
      : []),
  ];
}

function setUpInterface({ name, index, addresses, defaultRoutes }: EndpointLink): readonly NetlinkRequest[] {
  const hasV6 = addresses.some((address) => address.includes(':'));
  return [
    ...(hasV6 ? [] : [toRequest('container', undefined, [withoutOwnAddresses({ index })])]),
    toRequest('container', `set up ${name}`, [
      ...addresses.map((address) => addAddress(index, address)),
      bringUp(index),
      ...toRoutes({ index, defaultRoutes }),
    ]),
  ];
}

/** The way to all others leads through this interface from now on. */
export function routeThrough(
  endpoint: Pick<EndpointLink, 'name' | 'index' | 'defaultRoutes'>,
): readonly NetlinkRequest[] {
  const routes = toRoutes(endpoint);
  return routes.length === 0 ? [] : [toRequest('container', `lead the way through ${endpoint.name}`, routes)];
}

function toRoutes({ index, defaultRoutes }: Pick<EndpointLink, 'index' | 'defaultRoutes'>): readonly Message[] {
  return defaultRoutes.map(({ family, gateway }) => setDefaultRoute(index, family, gateway));
}

/** Where it leaves a place for the descriptor of the other side's namespace. */
function inNamespace(place: 'host' | 'container', what: string, message: Message): NetlinkRequest {
  const request = toRequest(place, what, [message]);
  const namespaceOffset = findNamespaceMark(request.messages);
  return { ...request, ...(namespaceOffset !== undefined && { namespaceOffset }) };
}
