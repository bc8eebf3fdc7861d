import { setTimeout as delay } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.js';
import type { CgroupStats } from '../../model/cgroup-stats.js';
import type { Container } from '../../model/container.js';
import type { ContainerId } from '../../model/ids.js';
import type { Cli, CommandCall, RunCommand } from '../command-spec.js';
import { renderList } from '../format/render-list.js';
import { STATS_LIST, toStatsRow } from '../rows/stats-row.js';

const INTERVAL_MS = 1000;
/** Between the two readings that a percentage needs, where only one table is printed. */
const ONCE_MS = 500;

type Readings = ReadonlyMap<ContainerId, CgroupStats>;

export const stats: RunCommand = async (call) => {
  const { cli, flags, args } = call;
  const engine = await cli.engine();
  const hostMemoryBytes = (await engine.system.info()).memoryBytes;
  const once = flags.isSet('no-stream');
  let before: Readings = new Map();
  let containers = await findContainers(engine, call);
  before = await engine.containers.readStats(containers.map(({ id }) => id));
  do {
    if (!(await wait(cli, once ? ONCE_MS : INTERVAL_MS))) {
      return 0;
    }
    containers = args.length > 0 ? containers : await findContainers(engine, call);
    const after = await engine.containers.readStats(containers.map(({ id }) => id));
    const rows = containers.map((container) =>
      toStatsRow({
        container,
        before: before.get(container.id),
        after: after.get(container.id),
        hostMemoryBytes,
        truncate: !flags.isSet('no-trunc'),
      }),
    );
    await show(cli, renderList(STATS_LIST, rows, flags.text('format')), once);
    before = after;
  } while (!once);
  return 0;
};

async function findContainers(engine: Engine, { args, flags }: CommandCall): Promise<readonly Container[]> {
  return args.length > 0
    ? await Promise.all(args.map((ref) => engine.containers.inspect(ref)))
    : await engine.containers.list({ all: flags.isSet('all') });
}

/** False where the user interrupted. */
async function wait(cli: Cli, ms: number): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal: cli.interrupted });
    return true;
  } catch {
    // The one way this fails is the interruption, which ends the command well.
    return false;
  }
}

/** On a terminal each table takes the place of the one before. */
async function show(cli: Cli, table: string, once: boolean): Promise<void> {
  const isLive = !once && cli.stdout.isTTY === true;
  await cli.print(isLive ? `\u001B[H${table.replaceAll('\n', '\u001B[K\n')}\u001B[J` : table);
}
