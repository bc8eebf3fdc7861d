import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probeHost } from '../../src/engine/isolation/host-probe.js';
import { listChildren } from '../../test/support/list-children.js';
import { answersPing, createDockerApi } from './docker-api.js';
import type { Peer, PeerSettings } from './peer.js';
import { removeCgroups, startServer, unmountBelow } from './server-process.js';

/** `podman system service` with storage of its own, through the same API as dockerd. */
export async function openPodmanPeer(settings: PeerSettings): Promise<Peer | undefined> {
  const podman = probeHost().findCommand('podman');
  if (podman === undefined) return undefined;
  const { folder, rootfsTar, uniqueName } = settings;
  const socket = join(folder, 'podman.sock');
  const own = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--cgroup-manager', 'cgroupfs'];
  // Where both are installed it takes crun, which refuses hybrid cgroups.
  if (probeHost().findCommand('runc') !== undefined) own.push('--runtime', 'runc');
  // It raises limits to the kernel's most, which without CAP_SYS_RESOURCE fails.
  const config = join(folder, 'containers.conf');
  writeFileSync(config, '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]\n');
  const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000'];
  const env = { CONTAINERS_CONF: config };
  execFileSync(podman, [...own, 'import', rootfsTar, uniqueName], { stdio: 'pipe', env: { ...process.env, ...env } });
  const cgroupParent = `/${uniqueName}-podman`;
  const server = await startServer({
    program: podman,
    args: [...own, 'system', 'service', '--time', '0', `unix://${socket}`],
    folder,
    env,
    isReady: () => answersPing(socket),
  });
  const api = createDockerApi(socket, `localhost/${uniqueName}`, { CgroupParent: cgroupParent });
  return {
    ...api,
    api,
    name: 'podman (its API)',
    servers: () => [server.pid],
    commands: {
      runTrue: [
        podman,
        ...own,
        'run',
        '--rm',
        '--network',
        'none',
        ...limits,
        '--cgroup-parent',
        cgroupParent,
        uniqueName,
        'true',
      ],
      ps: [podman, ...own, 'ps'],
    },
    keepers: (id) => listChildren(1).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(id)),
    close: async () => {
      await server.stop();
      execFileSync(podman, [...own, 'system', 'reset', '--force'], { stdio: 'ignore' });
      unmountBelow(folder);
      await removeCgroups(cgroupParent);
    },
  };
}
