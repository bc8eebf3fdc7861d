import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { encodePlan, type PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import { type ContainerNames, removeNames, writeNames } from '../../src/engine/networks/name-files.js';
import type { ContainerId, NetworkId } from '../../src/model/ids.js';
import { type DnsMessage, type DnsQuery, decodeMessage, encodeQuery } from './dns-messages.js';
import { type MonitorProcess, startMonitor } from './monitor-process.js';
import type { DnsClientReply, DnsClientRequest } from './programs/dns-client.js';
import { waitUntil } from './wait-until.js';

const CLIENT = fileURLToPath(new URL('./programs/dns-client.js', import.meta.url));

export interface ResolverOptions {
  readonly servers?: readonly string[];
  readonly flags?: string;
  readonly networks?: readonly NetworkId[];
  readonly command?: readonly string[];
  readonly settings?: readonly PlanSetting[];
  /** False: the network has no resolver at first. */
  readonly hasResolver?: boolean;
}

export interface ResolverContainer {
  readonly id: ContainerId;
  readonly monitor: MonitorProcess;
  readonly names: string;
  readonly write: (network: NetworkId, id: ContainerId, names: ContainerNames) => void;
  readonly remove: (network: NetworkId, id: ContainerId) => void;
  /** Puts what comes of the network where the monitor looks for it, and tells it to look. */
  readonly change: (options: ResolverOptions) => Promise<Record<string, unknown>>;
  /** One that asks inside the container's network, as it is now; 127.0.0.11 where nothing else is said. */
  readonly connect: (server?: string) => Promise<DnsClient>;
}

export interface DnsClient {
  /** The answer, or none within the limit. */
  readonly ask: (
    query: DnsQuery | Buffer,
    protocol?: 'udp' | 'tcp',
    limitMs?: number,
  ) => Promise<DnsMessage | undefined>;
  /** The answers to queries that are all sent at once. */
  readonly askAll: (
    queries: readonly Buffer[],
    protocol?: 'udp' | 'tcp',
    limitMs?: number,
  ) => Promise<readonly DnsMessage[]>;
  /** Data of the answers to a query, sorted. */
  readonly resolve: (name: string, type?: number) => Promise<readonly string[]>;
}

export function makeNetworkId(): NetworkId {
  return randomBytes(32).toString('hex') as NetworkId;
}

export function makeContainerId(): ContainerId {
  return randomBytes(32).toString('hex') as ContainerId;
}

/** A container in a network of its own whose resolver listens at port 53. Needs root and nsenter. */
export function startResolver(t: TestContext, options: ResolverOptions = {}): ResolverContainer {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-resolver-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const id = makeContainerId();
  const names = join(folder, 'names');
  const changeFile = join(folder, 'change');
  const toPlan = ({ servers = [], flags = '', networks = [], hasResolver = true }: ResolverOptions): Buffer =>
    encodePlan({
      settings: hasResolver ? [['resolver', 53, names, id, flags, servers.join(','), ...networks]] : [],
      operations: [],
    });
  const monitor = startMonitor(t, {
    command: [],
    settings: [['clone', 'pid', 'mnt'], ...(options.settings ?? []), ['network', toPlan(options), changeFile]],
    operations: [
      ['root', '/'],
      ['pivot'],
      ['loopback'],
      ['environment', `PATH=${process.env['PATH'] ?? ''}`],
      ['exec', ...(options.command ?? ['sleep', '1000'])],
    ],
  });
  const change = async (next: ResolverOptions): Promise<Record<string, unknown>> => {
    writeFileSync(changeFile, encodePlan({ settings: [['network', toPlan(next), '']], operations: [] }));
    const client = await monitor.attach(0);
    client.send(11);
    const answer = await waitUntil('the answer to a change', () => client.answers()[0]);
    client.close();
    return answer;
  };
  return {
    id,
    monitor,
    names,
    change,
    write: (network, container, called) => writeNames(names, network, container, called),
    remove: (network, container) => removeNames(names, network, container),
    connect: async (server = '127.0.0.11') => {
      await monitor.readStatus();
      return connectClient(t, Number(monitor.journal().findLast((line) => line.event === 'start')?.['pid']), server);
    },
  };
}

function connectClient(t: TestContext, pid: number, server: string): DnsClient {
  const child: ChildProcess = spawn('nsenter', ['-t', String(pid), '-n', process.execPath, CLIENT], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  t.after(() => child.kill('SIGKILL'));
  const waiting = new Map<number, (reply: DnsClientReply) => void>();
  let count = 0;
  const lost = new Promise<never>((_, reject) => {
    child.once('exit', () => reject(new Error('the client inside the network has ended')));
  });
  lost.catch(() => undefined);
  child.on('message', (reply: DnsClientReply) => waiting.get(reply.index)?.(reply));
  const askAll: DnsClient['askAll'] = async (queries, protocol = 'udp', limitMs = 10_000) => {
    const index = count++;
    const hex = queries.map((query) => query.toString('hex'));
    const request: DnsClientRequest = { index, protocol, server, port: 53, queries: hex, limitMs };
    const replied = new Promise<DnsClientReply>((resolve) => {
      waiting.set(index, resolve);
      child.send(request);
    });
    const { answers } = await Promise.race([replied, lost]);
    waiting.delete(index);
    return answers.map((answer) => decodeMessage(Buffer.from(answer, 'hex')));
  };
  const ask: DnsClient['ask'] = async (query, protocol, limitMs) => {
    const [answer] = await askAll([Buffer.isBuffer(query) ? query : encodeQuery(query)], protocol, limitMs);
    return answer;
  };
  return {
    ask,
    askAll,
    resolve: async (name, type = 1) => {
      const answer = await ask({ name, type });
      return (answer?.answers ?? []).map(({ data }) => data).sort();
    },
  };
}
