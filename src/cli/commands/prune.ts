import type { Engine, PruneFilter, PruneOptions, PruneReport } from '../../engine/engine.js';
import type { ContainerId } from '../../model/ids.js';
import { splitPair } from '../../model/run-environment.js';
import { formatDecimalBytes } from '../../model/units.js';
import { CliError } from '../cli-error.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { parseMoment } from '../parse-moment.js';
import { parseFilters } from '../read-filters.js';
import { confirm } from '../terminal/confirm.js';

const FILTERS = ['until', 'label', 'label!'];

interface Kind {
  /** What goes, for the question. */
  readonly what: string;
  /** The heading of what is gone. */
  readonly title: string;
  prune(engine: Engine, call: CommandCall, options: PruneOptions): Promise<PruneReport>;
}

const CONTAINERS: Kind = {
  what: 'all stopped containers',
  title: 'Deleted Containers',
  prune: (engine, call, options) => engine.containers.prune({ ...readFilter(call), ...options }),
};
const NETWORKS: Kind = {
  what: 'all networks not used by at least one container',
  title: 'Deleted Networks',
  prune: (engine, call, options) => engine.networks.prune({ ...readFilter(call), ...options }),
};
const ANONYMOUS: Kind = {
  what: 'anonymous volumes not used by at least one container',
  title: 'Deleted Volumes',
  prune: (engine, call, options) => engine.volumes.prune({ ...readVolumeFilter(call), ...options }),
};
const VOLUMES: Kind = {
  what: 'volumes not used by at least one container',
  title: 'Deleted Volumes',
  prune: (engine, call, options) => engine.volumes.prune({ ...readVolumeFilter(call), ...options, all: true }),
};
const DANGLING: Kind = {
  what: 'all dangling images',
  title: 'Deleted Images',
  prune: (engine, call, options) => engine.images.prune({ ...readFilter(call), ...options }),
};
const UNUSED: Kind = {
  what: 'all images without at least one container associated to them',
  title: 'Deleted Images',
  prune: (engine, call, options) => engine.images.prune({ ...readFilter(call), ...options, all: true }),
};

export const pruneContainers: RunCommand = (call) => prune(call, [CONTAINERS]);
export const pruneNetworks: RunCommand = (call) => prune(call, [NETWORKS]);
export const pruneVolumes: RunCommand = (call) => prune(call, [call.flags.isSet('all') ? VOLUMES : ANONYMOUS]);
export const pruneImages: RunCommand = (call) => prune(call, [call.flags.isSet('all') ? UNUSED : DANGLING]);
export const pruneSystem: RunCommand = (call) =>
  prune(call, [
    CONTAINERS,
    NETWORKS,
    ...(call.flags.isSet('volumes') ? [ANONYMOUS] : []),
    call.flags.isSet('all') ? UNUSED : DANGLING,
  ]);

async function prune(call: CommandCall, kinds: readonly Kind[]): Promise<number> {
  const { cli, flags } = call;
  readFilter(call);
  const preview = flags.isSet('dry-run');
  const isAsked = !preview && !flags.isSet('force');
  if (isAsked && !(await confirm(cli, `WARNING! This will remove${listKinds(kinds)}`))) return 0;
  const engine = await cli.engine();
  let reclaimed = 0;
  // What a preview leaves in place must not count for what would come after it.
  let without: readonly ContainerId[] = [];
  for (const kind of kinds) {
    const { removed, reclaimedBytes } = await kind.prune(engine, call, preview ? { preview, without } : {});
    if (kind === CONTAINERS) without = removed as readonly ContainerId[];
    reclaimed += reclaimedBytes;
    const title = preview ? kind.title.replace('Deleted', 'Would delete') : kind.title;
    await cli.print(removed.length === 0 ? '' : `${title}:\n${removed.join('\n')}\n\n`);
  }
  const sum = formatDecimalBytes(reclaimed, 4);
  await cli.print(`Total ${preview ? 'reclaimable' : 'reclaimed'} space: ${sum}\n`);
  return 0;
}

/** Docker has no `until` for volumes. */
function readVolumeFilter(call: CommandCall): PruneFilter {
  if (parseFilters(call.flags, FILTERS).has('until')) {
    throw new CliError('gantry: the "until" filter is not supported for volumes');
  }
  return readFilter(call);
}

function listKinds(kinds: readonly Kind[]): string {
  return kinds.length === 1 ? ` ${kinds[0]?.what}.` : `:\n${kinds.map(({ what }) => `  - ${what}\n`).join('')}`;
}

function readFilter({ cli, flags }: CommandCall): PruneFilter {
  const filters = parseFilters(flags, FILTERS);
  const [until, ...more] = filters.get('until') ?? [];
  if (more.length > 0) throw new CliError('gantry: more than one until filter specified');
  return {
    ...(until === undefined ? {} : { untilMs: parseMoment(until, cli.nowMs()) }),
    ...(filters.has('label') ? { labels: Object.fromEntries((filters.get('label') ?? []).map(splitPair)) } : {}),
    ...(filters.has('label!')
      ? { withoutLabels: Object.fromEntries((filters.get('label!') ?? []).map(splitPair)) }
      : {}),
  };
}
