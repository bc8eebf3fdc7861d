import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DEFAULT_CAPABILITIES, toSpecNames } from '../src/engine/isolation/capabilities.js';
import { compileSeccomp } from '../src/engine/isolation/seccomp-bpf.js';
import { defaultSeccomp } from '../src/engine/isolation/seccomp-default.js';
import type { Contestant } from './benchmark.js';
import { compileBenchProgram } from './peers/open-peers.js';
import type { PeerSettings } from './peers/peer.js';
import { removeCgroups } from './peers/server-process.js';

export const LAUNCHER = 'C launcher (no engine)';

/** bench/programs/launcher.c: what any engine has to do for a container, and nothing else. Throws what it lacks. */
export function openLauncher(settings: PeerSettings, command: readonly string[]): Contestant {
  const { program, folder, filter } = makeParts(settings, 'launcher');
  const words = ['run', folder, settings.uniqueName, filter, ...command];
  return { name: LAUNCHER, run: () => timeOwn(program, words), close: () => removeCgroups(settings.uniqueName) };
}

/** The same for a command in a container that runs from the first turn to the last. */
export async function openEnteringLauncher(settings: PeerSettings, command: readonly string[]): Promise<Contestant> {
  const { program, folder, filter } = makeParts(settings, 'entering-launcher');
  const group = `${settings.uniqueName}-entered`;
  const held = ['run', folder, group, filter, 'sh', '-c', 'echo; exec sleep 100000'];
  const launcher = spawn(program, held, { stdio: ['ignore', 'pipe', 'inherit'] });
  // A line says that the container runs; without one the launcher has said what it lacks.
  await Promise.race([
    once(launcher.stdout, 'data'),
    once(launcher, 'close').then(() => Promise.reject(new Error('no container'))),
  ]);
  const first = readFileSync(`/proc/${launcher.pid}/task/${launcher.pid}/children`, 'utf8').trim();
  return {
    name: LAUNCHER,
    run: () => timeOwn(program, ['enter', first, group, filter, ...command]),
    close: async () => {
      process.kill(Number(first), 'SIGKILL');
      await once(launcher, 'close');
      await removeCgroups(group);
    },
  };
}

function makeParts({ folder: parent, rootfs }: PeerSettings, name: string) {
  const folder = join(parent, name);
  const filter = join(folder, 'filter');
  mkdirSync(folder);
  cpSync(rootfs, join(folder, 'lower'), { recursive: true, verbatimSymlinks: true });
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  writeFileSync(filter, compileSeccomp(defaultSeccomp(new Set(toSpecNames(DEFAULT_CAPABILITIES)), architecture)));
  return { folder, filter, program: compileBenchProgram('launcher', folder) };
}

/** By its own clock: Node takes longer to make a process than it takes for all. */
async function timeOwn(program: string, words: readonly string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(program, words);
  return Number(stdout);
}
