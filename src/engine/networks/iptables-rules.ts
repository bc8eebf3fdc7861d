import { existsSync, readFileSync } from 'node:fs';
import { EngineError } from '../../model/errors.js';
import { runProgram } from '../../platform/run-program.js';
import type { FirewallNetwork } from './firewall-rules.js';

/** Rules of networks that iptables(8) writes, in chains of their own. */
export interface IptablesRules {
  /**
   * All that networks need where nothing else writes rules, but for ports: monitors carry what comes to those. It takes the place of
   * what there was. Resolves with false where the host has no iptables. Rejects: internal.
   */
  write(networks: readonly FirewallNetwork[]): Promise<boolean>;
  /** True where others have made the host drop what it forwards, as dockerd and ufw do. */
  isDropping(): Promise<boolean>;
  /** What is a network's passes nevertheless: nftables decides about that. Rejects: internal. */
  letThrough(networks: readonly FirewallNetwork[]): Promise<void>;
  /** True where the host still leads to the chains of `write`. */
  isThere(): Promise<boolean>;
  remove(): Promise<void>;
}

const TOOLS = { 4: 'iptables', 6: 'ip6tables' } as const;

/** `table` begins the names of the chains: 19 characters of the 28 that they may have. */
export function createIptablesRules(table: string): IptablesRules {
  const [forward, source] = [`${table}_forward`, `${table}_source`];
  const jumps = [
    { table: 'filter', hook: 'FORWARD', chain: forward },
    { table: 'nat', hook: 'POSTROUTING', chain: source },
  ];
  const fill = async (tool: string, rules: Readonly<Record<string, readonly string[]>>): Promise<void> => {
    const used = jumps.filter(({ chain }) => rules[chain] !== undefined);
    const lines = used.flatMap(({ table: name, chain }) => [
      `*${name}`,
      `:${chain} - [0:0]`,
      ...(rules[chain] ?? []).map((rule) => `-A ${chain} ${rule}`),
      'COMMIT',
    ]);
    await mustRun(`${tool}-restore`, ['--noflush', '--wait'], `${lines.join('\n')}\n`);
    for (const jump of used) {
      const words = [jump.hook, '-j', jump.chain];
      const isThere = (await runTool(tool, ['--wait', '-t', jump.table, '-C', ...words])).exitCode === 0;
      if (!isThere) await mustRun(tool, ['--wait', '-t', jump.table, '-I', ...words]);
    }
  };
  return {
    write: (networks) =>
      whereInstalled(async () => {
        for (const family of [4, 6] as const) {
          const own = ofFamily(networks, family);
          if (own.length === 0 && family === 6) continue;
          await fill(TOOLS[family], { [forward]: forwardRules(own, family), [source]: sourceRules(own, family) });
        }
        return true;
      }),
    isDropping: async () => mayDrop() && (await whereInstalled(() => dropsByDefault(TOOLS[4]))),
    letThrough: async (networks) => {
      for (const family of [4, 6] as const) {
        const own = ofFamily(networks, family);
        if (own.length === 0) continue;
        const rules = own.flatMap(({ interfaceName }) =>
          ['-i', '-o'].map((way) => `${way} ${interfaceName} -j ACCEPT`),
        );
        await fill(TOOLS[family], { [forward]: rules });
      }
    },
    isThere: async () => {
      for (const { table: name, hook, chain } of jumps) {
        const { exitCode } = await runTool(TOOLS[4], ['--wait', '-t', name, '-C', hook, '-j', chain]);
        if (exitCode !== 0) return false;
      }
      return true;
    },
    remove: async () => {
      for (const tool of Object.values(TOOLS)) {
        for (const { table: name, hook, chain } of jumps) {
          const run = async (...words: readonly string[]) => await runTool(tool, ['--wait', '-t', name, ...words]);
          // Two processes at once may have put it there twice. What is not there is no failure.
          while ((await run('-D', hook, '-j', chain)).exitCode === 0);
          await run('-F', chain);
          await run('-X', chain);
        }
      }
    },
  };
}

/** What comes in from elsewhere is dropped before what goes out is accepted: one network's way out is another's way in. */
function forwardRules(networks: readonly FirewallNetwork[], family: 4 | 6): readonly string[] {
  return [
    ...networks.map(({ interfaceName: name }) => `-o ${name} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`),
    ...networks.filter(({ isInternal }) => !isInternal).flatMap((network) => openRules(network, family)),
    ...networks
      .filter(({ isInternal }) => isInternal)
      .map(({ interfaceName: name }) => `-i ${name} ! -o ${name} -j DROP`),
    ...networks.filter(({ isInternal }) => !isInternal).flatMap((network) => routedRules(network, family)),
    ...networks.map(({ interfaceName: name }) => `! -i ${name} -o ${name} -j DROP`),
    ...networks.map(({ interfaceName: name }) => `-i ${name} -j ACCEPT`),
  ];
}

function openRules(
  { interfaceName: name, unprotected = [], trustedInterfaces = [] }: FirewallNetwork,
  family: 4 | 6,
): readonly string[] {
  return [
    ...(unprotected.includes(family) ? [`-o ${name} -j ACCEPT`] : []),
    ...trustedInterfaces.map((trusted) => `-i ${trusted} -o ${name} -j ACCEPT`),
  ];
}

/** firewall-rules.ts has the same for nftables. */
function routedRules(
  { interfaceName: name, routed = [], opened = [] }: FirewallNetwork,
  family: 4 | 6,
): readonly string[] {
  if (!routed.includes(family)) return [];
  return [
    `-o ${name} -p ${family === 4 ? 'icmp' : 'ipv6-icmp'} -j ACCEPT`,
    ...opened
      .filter(({ address }) => address.includes(':') === (family === 6))
      .map(({ address, protocol, port }) => `-o ${name} -d ${address} -p ${protocol} --dport ${port} -j ACCEPT`),
  ];
}

function sourceRules(networks: readonly FirewallNetwork[], family: 4 | 6): readonly string[] {
  return networks
    .filter(({ isMasqueraded, isInternal, routed = [] }) => isMasqueraded && !isInternal && !routed.includes(family))
    .flatMap(({ subnets, interfaceName, sourceAddresses = [] }) => {
      const [address] = subnetsOf(sourceAddresses, family);
      const target = address === undefined ? 'MASQUERADE' : `SNAT --to-source ${address}`;
      return subnetsOf(subnets, family).map((subnet) => `-s ${subnet} ! -o ${interfaceName} -j ${target}`);
    });
}

function ofFamily(networks: readonly FirewallNetwork[], family: 4 | 6): readonly FirewallNetwork[] {
  return networks.filter(({ subnets }) => subnetsOf(subnets, family).length > 0);
}

/** To ask iptables takes longer than a container's start, so it is asked where somebody may have used it. */
function mayDrop(): boolean {
  return (
    existsSync('/sys/class/net/docker0') ||
    /^ENABLED=yes$/m.test(readIfThere('/etc/ufw/ufw.conf')) ||
    // The tables of the iptables that is older than nftables.
    /^filter$/m.test(readIfThere('/proc/net/ip_tables_names'))
  );
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function dropsByDefault(tool: string): Promise<boolean> {
  const { stdout } = await runTool(tool, ['--wait', '-S', 'FORWARD']);
  return /^-P FORWARD DROP$/m.test(stdout);
}

async function whereInstalled(act: () => Promise<boolean>): Promise<boolean> {
  try {
    return await act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function subnetsOf(subnets: readonly string[], family: 4 | 6): readonly string[] {
  return subnets.filter((subnet) => subnet.includes(':') === (family === 6));
}

async function runTool(tool: string, words: readonly string[], input?: string) {
  const lines: string[] = [];
  const options = { onLine: (line: string) => lines.push(line), ...(input !== undefined && { input }) };
  return { ...(await runProgram(tool, words, options)), lines };
}

async function mustRun(tool: string, words: readonly string[], input?: string): Promise<void> {
  const { exitCode, lines } = await runTool(tool, words, input);
  if (exitCode !== 0) throw new EngineError('internal', `${tool} ${words.join(' ')}: ${lines.join(' ')}`);
}
