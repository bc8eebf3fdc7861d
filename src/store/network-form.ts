import type { NetworkConfig } from '../model/network.js';
import { pairPools } from '../model/network-pools.js';
import { splitPairs, splitWords } from './split-words.js';

/** What was typed for a new network; several subnets, gateways and ranges are separated by spaces. */
export interface NetworkForm {
  readonly name: string;
  readonly driver: string;
  readonly subnets: string;
  readonly gateways: string;
  readonly ranges: string;
  readonly isIpv6: boolean;
  readonly isInternal: boolean;
  /** `key=value` words. */
  readonly options: string;
  readonly labels: string;
}

/** The network, and the command line that makes the same. Throws invalid-argument in the words of Docker's client. */
export function parseNetworkForm(form: NetworkForm): {
  readonly args: readonly string[];
  readonly config: NetworkConfig;
} {
  const [subnets, gateways, ranges] = [splitWords(form.subnets), splitWords(form.gateways), splitWords(form.ranges)];
  const [options, labels] = [splitPairs(form.options), splitPairs(form.labels)];
  const pools = pairPools({ subnets, gateways, ranges, auxAddresses: [] });
  const { name, driver, isIpv6, isInternal } = form;
  return {
    args: [
      ...['gantry', 'network', 'create'],
      ...(driver === '' ? [] : ['--driver', driver]),
      ...repeat('--subnet', subnets),
      ...repeat('--gateway', gateways),
      ...repeat('--ip-range', ranges),
      ...(isIpv6 ? ['--ipv6'] : []),
      ...(isInternal ? ['--internal'] : []),
      ...repeat('--opt', toPairs(options)),
      ...repeat('--label', toPairs(labels)),
      name,
    ],
    config: {
      ...{ name, options, labels, internal: isInternal },
      ...(driver === '' ? {} : { driver }),
      ...(pools.length === 0 ? {} : { pools }),
      ...(isIpv6 ? { enableIpv6: true } : {}),
    },
  };
}

function repeat(flag: string, values: readonly string[]): readonly string[] {
  return values.flatMap((value) => [flag, value]);
}

function toPairs(record: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(record).map(([name, value]) => `${name}=${value}`);
}
