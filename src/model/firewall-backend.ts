import { EngineError } from './errors.js';

/** What writes the rules of networks, in the order in which they are tried. */
export const FIREWALL_BACKENDS = ['nftables', 'iptables', 'none'] as const;
export type FirewallBackend = (typeof FIREWALL_BACKENDS)[number];

/** Throws invalid-argument. */
export function parseFirewallBackend(text: string): FirewallBackend {
  const found = FIREWALL_BACKENDS.find((backend) => backend === text);
  if (found !== undefined) return found;
  throw new EngineError(
    'invalid-argument',
    `unknown firewall backend "${text}": it is one of ${FIREWALL_BACKENDS.join(', ')}`,
  );
}
