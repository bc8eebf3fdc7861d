import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import type { Gantry } from './gantry.js';
import { waitUntil } from './wait-until.js';

/** Answers each connection with its host name. */
const SERVE = ['nc', '-ll', '-p', '80', '-e', 'hostname'];

/** Servers in containers of an engine, and who hears them. Its image is busybox. */
export interface NetworkServers {
  /** Runs one, and waits until it listens at port 80. */
  start(name: string, ...options: readonly string[]): Promise<void>;
  /** What a container hears from an address; empty where nothing answers. */
  hear(from: string, address: string, port?: number): Promise<string>;
  addressOf(name: string, network: string): Promise<string>;
}

export function makeNetworkServers({ print }: Pick<Gantry, 'print'>): NetworkServers {
  return {
    start: async (name, ...options) => {
      await print('run', '-d', '--name', name, '--hostname', name, ...options, 'busybox', ...SERVE);
      // The tables of its own namespace say so. State 0A.
      await waitUntil(`${name} to listen`, async () => {
        const table = await print('exec', name, 'cat', '/proc/net/tcp', '/proc/net/tcp6');
        return /:0050 \S+ 0A/.test(table) || undefined;
      });
    },
    hear: async (from, address, port = 80) =>
      await print('exec', from, 'sh', '-c', `nc -w 3 ${address} ${port} </dev/null 2>/dev/null || true`),
    addressOf: async (name, network) =>
      await print('inspect', '-f', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, name),
  };
}

/** What the host hears, or a host that the words `by` lead to; empty where nothing answers. */
export function hearOnHost(address: string, port: number, by: readonly string[] = []): string {
  const [program = 'busybox', ...words] = [...by, 'busybox', 'nc', '-w', '3', address, String(port)];
  try {
    return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

/** Tells each caller the address that it comes from, and prints its port when it listens. */
const WHO_CALLS =
  'const s = require("node:net").createServer((c) => c.end(c.remoteAddress)).listen(0, "0.0.0.0", () => console.log(s.address().port))';

/** A server where the words `by` lead to; resolves with its port. It ends with the test. */
export async function startWhoCalls(t: Pick<TestContext, 'after'>, by: readonly string[]): Promise<number> {
  const [program = '', ...words] = [...by, process.execPath, '-e', WHO_CALLS];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    child.kill();
    await once(child, 'exit');
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return Number(line);
}
