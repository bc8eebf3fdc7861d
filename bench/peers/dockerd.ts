import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probeHost } from '../../src/engine/isolation/host-probe.js';
import { answersPing } from './docker-api.js';
import { removeCgroups, startServer, unmountBelow } from './server-process.js';

/** A dockerd of the benchmark's own. */
export interface Dockerd {
  readonly pid: number;
  readonly socket: string;
  readonly cgroupParent: string;
  /** The client that speaks to it: its program and first arguments. */
  readonly client: readonly [string, ...string[]];
  close(): Promise<void>;
}

const APART = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'] as const;

export interface DockerdChoices {
  readonly by?: readonly [string, ...string[]];
  /** Of its daemon.json. */
  readonly config?: object;
}

/**
 * All its state is in the folder. It makes no bridge and no firewall rules; with a bridge it is in a network namespace of its own, or
 * where a command that begins with the words `by` is, and the host's stays as it is. Undefined where it is not installed.
 */
export async function startDockerd(
  folder: string,
  uniqueName: string,
  network: 'none' | 'bridge' = 'none',
  { by = APART, config = {} }: DockerdChoices = {},
): Promise<Dockerd | undefined> {
  const host = probeHost();
  const [dockerd, docker] = [host.findCommand('dockerd'), host.findCommand('docker')];
  if (dockerd === undefined || docker === undefined) return undefined;
  const socket = join(folder, 'docker.sock');
  const cgroupParent = `/${uniqueName}-docker`;
  writeFileSync(join(folder, 'daemon.json'), JSON.stringify(config));
  const args = [
    ...['--config-file', join(folder, 'daemon.json'), '--data-root', join(folder, 'data')],
    ...['--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid'), '-H', `unix://${socket}`],
    ...['--cgroup-parent', cgroupParent],
    ...(network === 'none' ? ['--bridge=none', '--iptables=false', '--ip6tables=false'] : []),
  ];
  const [program, ...words] = by;
  const server = await startServer({
    ...(network === 'none' ? { program: dockerd, args } : { program, args: [...words, dockerd, ...args] }),
    ...{ folder, isReady: () => answersPing(socket) },
  });
  return {
    pid: server.pid,
    socket,
    cgroupParent,
    client: [docker, '-H', `unix://${socket}`],
    close: async () => {
      await server.stop();
      unmountBelow(folder);
      await removeCgroups(cgroupParent);
    },
  };
}
