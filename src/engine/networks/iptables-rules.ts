import { EngineError } from '../../model/errors.js';
import { runProgram } from '../../platform/run-program.js';
import type { FirewallNetwork } from './firewall-rules.js';

/** The rules of networks where only iptables(8) writes rules. Ports are not published by them: monitors carry what comes. */
export interface IptablesRules {
  /** In place of those that there were. Resolves with false where the host has no iptables. Rejects: internal. */
  write(networks: readonly FirewallNetwork[]): Promise<boolean>;
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
  const writeFamily = async (family: 4 | 6, networks: readonly FirewallNetwork[]): Promise<void> => {
    const tool = TOOLS[family];
    const input = [
      ...['*filter', `:${forward} - [0:0]`, ...forwardRules(networks).map((rule) => `-A ${forward} ${rule}`), 'COMMIT'],
      ...[
        '*nat',
        `:${source} - [0:0]`,
        ...sourceRules(networks, family).map((rule) => `-A ${source} ${rule}`),
        'COMMIT',
      ],
      '',
    ].join('\n');
    await mustRun(`${tool}-restore`, ['--noflush', '--wait'], input);
    for (const jump of jumps) {
      const words = [jump.hook, '-j', jump.chain];
      const isThere = (await runTool(tool, ['--wait', '-t', jump.table, '-C', ...words])).exitCode === 0;
      if (!isThere) await mustRun(tool, ['--wait', '-t', jump.table, '-I', ...words]);
    }
  };
  return {
    write: async (networks) => {
      try {
        for (const family of [4, 6] as const) {
          const own = networks.filter(({ subnets }) => subnetsOf(subnets, family).length > 0);
          if (own.length > 0 || family === 4) await writeFamily(family, own);
        }
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      }
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
function forwardRules(networks: readonly FirewallNetwork[]): readonly string[] {
  return [
    ...networks.map(({ interfaceName: name }) => `-o ${name} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`),
    ...networks.flatMap(({ interfaceName: name, isInternal }) => [
      `! -i ${name} -o ${name} -j DROP`,
      ...(isInternal ? [`-i ${name} ! -o ${name} -j DROP`] : []),
    ]),
    ...networks.map(({ interfaceName: name }) => `-i ${name} -j ACCEPT`),
  ];
}

function sourceRules(networks: readonly FirewallNetwork[], family: 4 | 6): readonly string[] {
  return networks
    .filter(({ isMasqueraded, isInternal }) => isMasqueraded && !isInternal)
    .flatMap(({ subnets, interfaceName }) =>
      subnetsOf(subnets, family).map((subnet) => `-s ${subnet} ! -o ${interfaceName} -j MASQUERADE`),
    );
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
