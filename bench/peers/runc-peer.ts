import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { probeHost } from '../../src/engine/isolation/host-probe.js';
import type { Peer, PeerSettings } from './peer.js';
import { removeCgroups } from './server-process.js';

/** A process of runc for each verb, on one root file system that all share: no layers, no log, no state but runc's own. */
export function openRuncPeer({ folder, rootfs, uniqueName }: PeerSettings): Peer | undefined {
  const runc = probeHost().findCommand('runc');
  if (runc === undefined) return undefined;
  const own = ['--root', join(folder, 'state')];
  execFileSync(runc, ['spec', '--bundle', folder]);
  const spec: Record<string, object> = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const cgroupParent = `/${uniqueName}-runc`;
  let count = 0;
  const bundleOf = (id: string) => join(folder, id);
  const run = (...args: readonly string[]) => runToEnd(runc, [...own, ...args]);
  return {
    name: 'runc (a process each)',
    create: (command) => {
      const id = `${uniqueName}-${count++}`;
      mkdirSync(bundleOf(id));
      const process = { ...spec['process'], terminal: false, args: command, rlimits: [] };
      const linux = { ...spec['linux'], cgroupsPath: `${cgroupParent}/${id}` };
      const config = { ...spec, process, linux, root: { path: rootfs, readonly: true } };
      writeFileSync(join(bundleOf(id), 'config.json'), JSON.stringify(config));
      return Promise.resolve(id);
    },
    start: async (id) => void (await run('run', '--detach', '--bundle', bundleOf(id), id)),
    startToExit: (id) => run('run', '--bundle', bundleOf(id), id),
    exec: (id, command) => run('exec', id, ...command),
    remove: async (id) => {
      // `run` has removed it already where it has seen the exit.
      await run('delete', '--force', id);
      rmSync(bundleOf(id), { recursive: true });
    },
    keepers: () => [],
    close: () => removeCgroups(cgroupParent),
  };
}

async function runToEnd(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const [code]: unknown[] = await once(child, 'exit');
  return Number(code);
}
