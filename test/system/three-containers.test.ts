import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HOST_FOLDER } from '../../src/engine/networks/host-folder.js';
import { cgroupParentOf } from '../../src/engine/system.js';
import { findPort } from '../support/find-port.js';
import { type Gantry, openGantry } from '../support/gantry.js';
import { makeLeakCheck } from '../support/leak-check.js';
import { requires } from '../support/requires.js';
import { makeSecondHost } from '../support/second-host.js';
import { waitUntil } from '../support/wait-until.js';

/** A database: it keeps the lines that it is told to `add`, and answers each connection with all that it has. */
const DATABASE = `
while read word line; do
  if [ "$word" = add ]; then echo "$line" >> /data/orders; fi
done
cat /data/orders 2>/dev/null
`;

/** A back end: what a request wants goes to the database, by name, and comes back with the name of who did it. */
const BACK_END = `
echo
echo "$NAME"
if [ -n "$QUERY_STRING" ]; then echo "add $QUERY_STRING"; fi | nc -w 5 db 5432
`;

/** A web server: its page is what the back end says, which it finds by name. */
const WEB = `
echo
printf 'GET /cgi-bin/orders?%s HTTP/1.0\\r\\n\\r\\n' "$QUERY_STRING" | nc -w 5 backend 80 | sed '1,/^$/d'
`;

/** A shell command that serves a script as a page. */
function serve(script: string): readonly string[] {
  const page = `mkdir -p /www/cgi-bin && printf '#!/bin/sh\\n%s' "$0" > /www/cgi-bin/orders && chmod +x /www/cgi-bin/orders`;
  return ['busybox', 'sh', '-c', `${page} && exec httpd -f -p 0.0.0.0:80 -h /www`, script];
}

async function startDatabase({ print }: Gantry): Promise<void> {
  const listen = `printf '#!/bin/sh\\n%s' "$0" > /serve && chmod +x /serve && exec nc -ll -p 5432 -e /serve`;
  const options = ['--name', 'db', '--network', 'shop', '--volume', 'orders:/data'];
  await print('run', '-d', ...options, 'busybox', 'sh', '-c', listen, DATABASE);
}

async function startBackEnd({ print }: Gantry, name: string): Promise<void> {
  const options = ['--name', name, '--env', `NAME=${name}`, '--network', 'shop', '--network-alias', 'backend'];
  await print('run', '-d', ...options, ...serve(BACK_END));
}

async function addressOf({ print }: Gantry, name: string): Promise<string> {
  return await print('inspect', '-f', '{{.NetworkSettings.Networks.shop.IPAddress}}', name);
}

/** What a client of the web server reads; empty where it reads nothing. */
function read(host: string, port: number, order = '', by: readonly string[] = []): string {
  const [program = 'busybox', ...words] = [...by, 'busybox', 'nc', '-w', '3', host, String(port)];
  try {
    const answer = execFileSync(program, words, {
      input: `GET /cgi-bin/orders?${order} HTTP/1.0\r\n\r\n`,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    return /\r?\n\r?\n(.*)$/s.exec(answer)?.[1]?.trim() ?? '';
  } catch {
    return '';
  }
}

/** Processes of the program on this state root. The monitors, which are no engines, are not among them. */
function listEngines(root: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`GANTRY_ROOT=${root}\0`);
      return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('gantry.cjs');
    } catch {
      // It has ended.
      return false;
    }
  });
}

/** The network's bridge and the pairs in it, the state root's table of the firewall, and what is kept of both for the whole host. */
async function listOnHost({ print, folder }: Gantry): Promise<readonly string[]> {
  const bridge = `br-${await print('network', 'inspect', '-f', '{{slice .Id 0 12}}', 'shop')}`;
  const records = listRecords().filter((record) => record.includes(bridge) || record.includes(folder));
  const tables = records.flatMap((record) => /^user-(\S+)/.exec(record)?.[1] ?? []);
  return [
    bridge,
    ...readdirSync(`/sys/class/net/${bridge}/brif`),
    ...records,
    ...tables.map((name) => `table ${name}`),
  ];
}

/** Name and text of each file. */
function listRecords(): readonly string[] {
  const names = existsSync(HOST_FOLDER) ? readdirSync(HOST_FOLDER) : [];
  return names.map((name) => `${name} ${readFileSync(join(HOST_FOLDER, name), 'utf8')}`);
}

function isOnHost(thing: string): boolean {
  const tables = execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' }).split('\n');
  return [
    ...readdirSync('/sys/class/net'),
    ...listRecords(),
    ...tables.map((line) => line.replace('inet ', '')),
  ].includes(thing);
}

test('a web server, a back end and a database: reached from everywhere, found by name, and data outlives its container', {
  ...requires('root', 'overlay', 'command:busybox', 'command:ip', 'command:nft'),
}, async (t) => {
  const gantry = openGantry();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= gantry.close();
    return closing;
  };
  t.after(async () => {
    // What a failure has left.
    if (closing === undefined) await gantry.run(['rm', '-f', 'web', 'first', 'second', 'db', 'taker']);
    if (closing === undefined) await gantry.run(['network', 'prune', '-f']);
    await close();
  });
  const { print, folder } = gantry;
  const root = join(folder, 'root');
  const leaks = makeLeakCheck({ root, runRoot: join(folder, 'run'), cgroupParent: cgroupParentOf(root, '') });
  const port = await findPort();
  await print('network', 'create', 'shop');
  await print('volume', 'create', 'orders');
  await startDatabase(gantry);
  await startBackEnd(gantry, 'first');
  await print('run', '-d', '--name', 'web', '--network', 'shop', '-p', `${port}:80`, ...serve(WEB));
  const web = await addressOf(gantry, 'web');
  await waitUntil('the application', () => read('127.0.0.1', port) !== '');
  leaks.remember();
  const things = await listOnHost(gantry);
  // The bridge, a pair for each container, the claim of the subnet, the state root, its table.
  assert.equal(things.length, 1 + 3 + 1 + 1 + 1, things.join());
  assert.deepEqual(
    things.filter((thing) => !isOnHost(thing)),
    [],
  );

  // From the host's loopback, from its own address, and from another host.
  const host = makeSecondHost(t);
  assert.equal(read('127.0.0.1', port, 'one'), 'first\none');
  assert.equal(read(host.hostAddress, port, 'two'), `first\none\ntwo`);
  assert.equal(read(host.hostAddress, port, 'three', host.by), `first\none\ntwo\nthree`);
  assert.equal(read(web, 80, '', host.by), '', 'what is not published is not reached from outside');
  assert.deepEqual(listEngines(root), [], 'an engine is alive');

  // The database's container goes; a new one has what it has kept.
  await print('rm', '-f', 'db');
  assert.equal(read('127.0.0.1', port), 'first');
  await startDatabase(gantry);
  await waitUntil('the database', () => read('127.0.0.1', port) === `first\none\ntwo\nthree`);

  // Another back end, with another address, has the first one's name.
  const first = await addressOf(gantry, 'first');
  await print('rm', '-f', 'first');
  await print('run', '-d', '--name', 'taker', '--network', 'shop', 'busybox', 'sleep', '1000');
  assert.equal(await addressOf(gantry, 'taker'), first);
  assert.equal(read('127.0.0.1', port), '');
  await startBackEnd(gantry, 'second');
  assert.notEqual(await addressOf(gantry, 'second'), first);
  await waitUntil('the new back end', () => read('127.0.0.1', port) !== '');
  assert.equal(read(host.hostAddress, port, 'four', host.by), `second\none\ntwo\nthree\nfour`);
  assert.deepEqual(listEngines(root), [], 'an engine is alive');

  await print('rm', '-f', 'web', 'second', 'db', 'taker');
  assert.equal(read('127.0.0.1', port), '');
  await print('network', 'rm', 'shop');
  await print('volume', 'rm', 'orders');
  await close();
  await leaks.assertNothingLeft('by the application');
  await waitUntil('the end of the network', () => things.every((thing) => !isOnHost(thing)));
});
