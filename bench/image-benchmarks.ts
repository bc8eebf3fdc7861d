import { join } from 'node:path';
import { probeHost } from '../src/engine/isolation/host-probe.js';
import { type Benchmark, type Contest, type Contestant, quantile } from './benchmark.js';
import type { ImagePeer } from './images/image-peer.js';
import { type ImageWorld, openImageWorld } from './images/image-world.js';
import { measureWork, type Work } from './images/measure-work.js';

/** The commands for images, whole processes with the daemons behind them, on an image of Debian with 0.6 GB in three layers. */
export function imageBenchmarks(world: SharedImageWorld): Readonly<Record<string, Benchmark>> {
  const compare = (name: string, measure: Measure, options: CompareOptions = {}): Benchmark => ({
    name,
    unit: 's',
    ours: 'gantry',
    runs: 3,
    ...(options.target === undefined ? {} : { target: options.target }),
    ...(options.bounds && { bounds: options.bounds }),
    open: async () => toContest(await world.open(), measure, options),
  });
  return {
    pull: compare('pull of a Debian image, nothing of it there', timePull, {
      ...{ target: 2.5, floor: true },
      bounds: [{ of: 'dockerd', times: 1 / 4 }],
    }),
    load: compare('load of its archive', timeLoad, { target: 1.9 }),
    save: compare('save into an archive', timeSave, { target: 0.5 }),
    rmi: compare('rmi', timeRemove, { target: 0.1 }),
    copy: compare('cp of 64,000 files into a container', timeCopy),
    commit: compare('commit of a container with 64,000 new files', timeCommit, { target: 2 }),
  };
}

/** Opened when the first benchmark asks, closed with the last. */
export interface SharedImageWorld {
  open(): Promise<ImageWorld>;
  close(): Promise<void>;
}

export function shareImageWorld(): SharedImageWorld {
  let opened: Promise<ImageWorld> | undefined;
  return {
    open: () => {
      opened ??= openImageWorld();
      return opened;
    },
    close: async () => {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

type Measure = (world: ImageWorld, peer: ImagePeer) => Promise<Work>;

interface CompareOptions extends Pick<Benchmark, 'target' | 'bounds'> {
  /** With what no engine can fall below: tar alone, which checks nothing and downloads nothing, as it is called and as fast as it goes. */
  readonly floor?: boolean;
}

function toContest(world: ImageWorld, measure: Measure, { floor = false }: CompareOptions): Contest {
  const engines = world.peers.map((peer) => toContestant(peer.name, () => measure(world, peer)));
  return {
    contestants: floor ? [...engines, ...openFloors(world)] : engines,
    skipped: world.skipped,
  };
}

function openFloors(world: ImageWorld): readonly Contestant[] {
  const unpack = (layer: string, root: string) => `tar -xzf ${layer} -C ${root}`;
  const tar = toContestant('tar -xz', () => timeTar(world, unpack, (steps) => steps.join(' && ')));
  if (probeHost().findCommand('igzip') === undefined) return [tar];
  const inflate = (layer: string, root: string) => `(igzip -dc ${layer} | tar -x -C ${root})`;
  const atOnce = (steps: readonly string[]) => `${steps.join(' & ')} & wait`;
  return [tar, toContestant('igzip and tar, layers at once', () => timeTar(world, inflate, atOnce))];
}

function toContestant(name: string, work: () => Promise<Work>): Contestant {
  const done: Work[] = [];
  const median = (pick: (one: Work) => number) => quantile(done.slice(1).map(pick), 0.5);
  return {
    name,
    async run() {
      const one = await work();
      done.push(one);
      return one.wallMs / 1000;
    },
    remark: () =>
      `${median((one) => one.cpuSeconds).toFixed(1)} CPU s, ${median((one) => one.residentMegabytes).toFixed(0)} MB`,
  };
}

async function timePull({ reference }: ImageWorld, peer: ImagePeer): Promise<Work> {
  const work = await measureWork(peer.pull(reference), peer.daemons);
  await measureWork(peer.remove(reference));
  return work;
}

async function timeLoad({ archive, reference }: ImageWorld, peer: ImagePeer): Promise<Work> {
  const work = await measureWork(peer.load(archive), peer.daemons);
  await measureWork(peer.remove(reference));
  return work;
}

async function timeSave({ reference, disk }: ImageWorld, peer: ImagePeer): Promise<Work> {
  const archive = join(disk.folder, `${peer.name}.tar`);
  await measureWork(peer.pull(reference));
  const work = await measureWork(peer.save(reference, archive), peer.daemons);
  await measureWork(['rm', archive]);
  await measureWork(peer.remove(reference));
  return work;
}

async function timeRemove({ reference }: ImageWorld, peer: ImagePeer): Promise<Work> {
  await measureWork(peer.pull(reference));
  return await measureWork(peer.remove(reference), peer.daemons);
}

async function timeCopy({ reference, manyFiles }: ImageWorld, peer: ImagePeer): Promise<Work> {
  await measureWork(peer.pull(reference));
  await measureWork(peer.create(reference, 'many'));
  const work = await measureWork(peer.copyIn(manyFiles, 'many', '/srv'), peer.daemons);
  await measureWork(peer.removeContainer('many'));
  await measureWork(peer.remove(reference));
  return work;
}

async function timeCommit({ reference, manyFiles }: ImageWorld, peer: ImagePeer): Promise<Work> {
  await measureWork(peer.pull(reference));
  await measureWork(peer.create(reference, 'many'));
  await measureWork(peer.copyIn(manyFiles, 'many', '/srv'));
  const work = await measureWork(peer.commit('many', 'committed'), peer.daemons);
  await measureWork(peer.removeContainer('many'));
  await measureWork(peer.remove('committed'));
  await measureWork(peer.remove(reference));
  return work;
}

/** Each layer into a folder of its own, as an overlay has it. */
async function timeTar(
  { layers, disk }: ImageWorld,
  unpack: (layer: string, root: string) => string,
  toScript: (steps: readonly string[]) => string,
): Promise<Work> {
  const root = join(disk.folder, 'root');
  const roots = layers.map((_, index) => join(root, String(index)));
  await measureWork(['mkdir', '-p', ...roots]);
  const steps = layers.map((layer, index) => unpack(`'${layer}'`, `'${roots[index]}'`));
  const work = await measureWork(['sh', '-c', toScript(steps)]);
  await measureWork(['rm', '-r', root]);
  return work;
}
