import type { Flags } from '../model/flags.js';
import type { NetworkConfig } from '../model/network.js';
import { pairPools } from '../model/network-pools.js';
import { omitUndefined } from '../model/omit-undefined.js';
import { parseLabels, splitPair } from '../model/run-environment.js';
import { readLists } from './read-lists.js';

/** The operand and the flags of `network create`. Throws in the words of Docker's client for what goes with nothing. */
export function readNetworkConfig(name: string, flags: Flags): NetworkConfig {
  const pools = pairPools({
    subnets: readLists(flags, 'subnet'),
    gateways: readLists(flags, 'gateway'),
    ranges: readLists(flags, 'ip-range'),
    auxAddresses: flags.list('aux-address'),
  });
  return omitUndefined({
    name,
    driver: flags.text('driver'),
    pools: pools.length === 0 ? undefined : pools,
    enableIpv4: flags.has('ipv4') ? flags.isSet('ipv4') : undefined,
    enableIpv6: flags.has('ipv6') ? flags.isSet('ipv6') : undefined,
    internal: flags.isSet('internal'),
    attachable: flags.isSet('attachable'),
    configOnly: flags.isSet('config-only') ? true : undefined,
    configFrom: flags.text('config-from') || undefined,
    scope: flags.text('scope'),
    options: toRecord(flags.list('opt')),
    ipamDriver: flags.text('ipam-driver'),
    ipamOptions: toRecord(flags.list('ipam-opt')),
    labels: parseLabels(flags, new Map()),
  });
}

/** A word without `=` has an empty value, as with Docker. */
function toRecord(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, value = ''] = splitPair(text);
      return [name, value];
    }),
  );
}
