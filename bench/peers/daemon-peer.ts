import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupParentOf } from '../../src/engine/system.js';
import { GANTRY_ARGS } from '../../test/support/gantry.js';
import { answersPing, createDockerApi, importImage } from './docker-api.js';
import type { Peer, PeerSettings } from './peer.js';
import { removeCgroups, startServer } from './server-process.js';

/** `gantry daemon`, as people start it, through the same API as dockerd. */
export async function openDaemonPeer({ folder, rootfsTar, uniqueName, network }: PeerSettings): Promise<Peer> {
  const socket = join(folder, 'gantry.sock');
  const root = join(folder, 'root');
  const server = await startServer({
    program: process.execPath,
    args: [...GANTRY_ARGS, '--root', root, '--run-root', join(folder, 'run'), 'daemon', '-H', `unix://${socket}`],
    folder,
    isReady: () => answersPing(socket),
  });
  const close = async (): Promise<void> => {
    await server.stop();
    await removeCgroups(cgroupParentOf(root, ''));
  };
  try {
    await importImage(socket, readFileSync(rootfsTar), uniqueName);
  } catch (error) {
    await close();
    throw error;
  }
  const api = createDockerApi(socket, uniqueName, { NetworkMode: network });
  return { ...api, api, name: 'gantry (its API)', keepers: () => [], servers: () => [server.pid], close };
}
