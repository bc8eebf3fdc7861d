import { z } from 'zod/mini';
import { EngineError } from '../../model/errors.js';
import type { AddressPool, NetworkConfig } from '../../model/network.js';
import { nonEmpty, omitUndefined } from '../../model/omit-undefined.js';
import { endpointSchema } from './from-networking.js';
import { goBoolean, goObject, goText, goTextMap } from './go-json.js';

const poolSchema = goObject({
  Subnet: goText,
  IPRange: goText,
  Gateway: goText,
  AuxiliaryAddresses: goTextMap,
});

/** The body of `POST /networks/create`: Docker Engine API 1.51. `CheckDuplicate` has no effect since 1.44, and names are unique anyway. */
export const networkCreateSchema = goObject({
  Name: goText,
  Driver: goText,
  Scope: goText,
  EnableIPv4: goBoolean,
  EnableIPv6: goBoolean,
  IPAM: z.optional(goObject({ Driver: goText, Options: goTextMap, Config: z.optional(z.array(poolSchema)) })),
  Internal: goBoolean,
  Attachable: goBoolean,
  Ingress: goBoolean,
  ConfigOnly: goBoolean,
  ConfigFrom: z.optional(goObject({ Network: goText })),
  Options: goTextMap,
  Labels: goTextMap,
});

/** The body of `POST /networks/{id}/connect`. */
export const networkConnectSchema = goObject({
  Container: goText,
  EndpointConfig: z.optional(endpointSchema),
});

/** The body of `POST /networks/{id}/disconnect`. */
export const networkDisconnectSchema = goObject({ Container: goText, Force: goBoolean });

/** Throws permission-denied for what needs a swarm. */
export function fromWireNetworkCreate(wire: z.output<typeof networkCreateSchema>): NetworkConfig {
  if (wire.Ingress === true) {
    throw new EngineError('permission-denied', 'cannot create an ingress network when swarm is not active');
  }
  const { Driver: ipamDriver, Options: ipamOptions, Config: pools = [] } = wire.IPAM ?? {};
  return omitUndefined({
    name: wire.Name ?? '',
    driver: wire.Driver || undefined,
    pools: nonEmpty(pools.map(fromWirePool)),
    enableIpv4: wire.EnableIPv4,
    enableIpv6: wire.EnableIPv6,
    internal: wire.Internal,
    attachable: wire.Attachable,
    scope: wire.Scope || undefined,
    options: wire.Options,
    ipamDriver: ipamDriver || undefined,
    ipamOptions,
    labels: wire.Labels,
    configOnly: wire.ConfigOnly,
    configFrom: wire.ConfigFrom?.Network || undefined,
  });
}

function fromWirePool(wire: z.output<typeof poolSchema>): Partial<AddressPool> {
  const { Subnet: subnet, IPRange: ipRange, Gateway: gateway, AuxiliaryAddresses: auxAddresses } = wire;
  return omitUndefined({
    subnet: subnet || undefined,
    ipRange: ipRange || undefined,
    gateway: gateway || undefined,
    auxAddresses,
  });
}
