import { createReadStream, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Engine } from '../../src/engine/engine.js';
import { openLocalEngine } from '../../src/engine/local-engine.js';
import { cgroupParentOf } from '../../src/engine/system.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import type { ContainerId, ExecId } from '../../src/model/ids.js';
import { readProcessStat } from '../../src/platform/proc.js';
import { GANTRY_ARGS } from '../../test/support/gantry.js';
import type { NetworkPlace, Peer, PeerSettings } from './peer.js';
import { removeCgroups } from './server-process.js';

const PROGRAM = resolve('dist/native/gantry-init');

/** An engine in this process with one image, and how its command is called. */
export interface BenchEngine {
  readonly engine: Engine;
  readonly config: Omit<ContainerConfig, 'command'>;
  /** A program and its first arguments; the command's own words follow. */
  readonly command: readonly [string, ...string[]];
  /** Below each hierarchy's root. */
  readonly cgroupParent: string;
  /** Removes all containers, and closes it. */
  close(): Promise<void>;
}

export async function openBenchEngine({ folder, rootfsTar, uniqueName, network }: PeerSettings): Promise<BenchEngine> {
  const [root, runRoot] = [join(folder, 'root'), join(folder, 'run')];
  // Where the command looks for the groups too: elsewhere it would find none, and read no statistics.
  const cgroupParent = cgroupParentOf(root, '/var/lib/gantry');
  const engine = await openLocalEngine({ root, runRoot, program: PROGRAM, cgroupParent });
  await engine.images.import(createReadStream(rootfsTar), { reference: uniqueName, changes: ['ENV PATH=/bin'] });
  return {
    engine,
    config: { image: uniqueName, namespaces: { network } },
    cgroupParent,
    command: [process.execPath, ...GANTRY_ARGS, '--root', root, '--run-root', runRoot],
    close: async () => {
      for (const { id } of await engine.containers.list({ all: true })) {
        await engine.containers.remove(id, { force: true });
      }
      await engine.close();
      await removeCgroups(cgroupParent);
    },
  };
}

/** The engine in this process, through the interface that the screen and the command line use. */
export async function openGantryPeer(settings: PeerSettings): Promise<Peer> {
  const { engine, config, command, close } = await openBenchEngine(settings);
  return {
    name: 'gantry (in this process)',
    create: async (words) => (await engine.containers.create({ ...config, command: words })).id,
    start: (id) => engine.containers.start(id),
    startToExit: (id) => startToExit(engine, id),
    exec: (id, words) => exec(engine, id, words),
    remove: (id) => engine.containers.remove(id, { force: true }),
    ...(settings.network === 'bridge' && {
      network: { find: (id) => findPlace(engine, id), hostPid: process.pid },
    }),
    keepers: (id) => listMonitors(join(settings.folder, 'run/journals', `${id}.jsonl`)),
    commands: {
      runTrue: [...command, 'run', '--rm', '--network', 'none', settings.uniqueName, 'true'],
      ps: [...command, 'ps'],
    },
    close,
  };
}

async function findPlace(engine: Engine, id: string): Promise<NetworkPlace> {
  const { state, networks } = await engine.containers.inspect(id);
  if (state.status !== 'running') throw new Error(`${id} does not run`);
  return { pid: state.init.pid, address: networks[0]?.ipAddress ?? '' };
}

async function startToExit(engine: Engine, id: string): Promise<number> {
  const exit = engine.containers.wait(id, { condition: 'next-exit' });
  await engine.containers.start(id);
  return (await exit).exitCode;
}

async function exec(engine: Engine, id: string, command: readonly string[]): Promise<number> {
  const execId: ExecId = await engine.containers.createExec(id as ContainerId, { command });
  const streams = await engine.containers.startExec(execId, { stdout: true, stderr: true });
  for await (const _ of streams.output) {
    // It writes nothing; the end of its output is what is waited for.
  }
  const { state } = await engine.containers.inspectExec(execId);
  return state.status === 'exited' ? state.exitCode : -1;
}

/** The parent of a container's first process is its monitor; the journal says which that is. */
function listMonitors(journal: string): readonly number[] {
  const [line = '{}'] = readFileSync(journal, 'utf8').split('\n');
  const started: { pid?: number } = JSON.parse(line);
  const monitor = readProcessStat(started.pid ?? 0)?.parentPid;
  return monitor === undefined ? [] : [monitor];
}
