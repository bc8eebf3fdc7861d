import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { makeApartHost } from './apart-host.js';
import { openGantry } from './gantry.js';
import { hearOnHost, makeNetworkServers } from './network-servers.js';
import { makeSecondHost } from './second-host.js';
import { makeTemporaryFolder } from './temporary-folder.js';

/** An engine on a host whose firewall is the test's own, and another host that reaches it. */
export async function openApart(t: TestContext) {
  // The last first: containers are removed while their host is there.
  const undos: (() => void | Promise<void>)[] = [];
  const after = (undo: () => void | Promise<void>) => void undos.unshift(undo);
  t.after(async () => {
    for (const undo of undos) await undo();
  });
  const apart = await makeApartHost({ after }, { folder: makeTemporaryFolder(t), hostname: 'apart', etc: {} });
  const onHost = (...words: readonly string[]): string => {
    const [program = '', ...rest] = [...apart.by, ...words];
    return execFileSync(program, rest, { encoding: 'utf8' });
  };
  const gantry = openGantry(apart.by);
  after(gantry.close);
  const host = makeSecondHost({ after }, { hostBy: apart.byNetwork });
  const hear = (port: number) => hearOnHost(host.hostAddress, port, host.by);
  return { onHost, host, hear, ...gantry, servers: makeNetworkServers(gantry) };
}
