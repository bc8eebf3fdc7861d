import { access } from 'node:fs/promises';
import { filterVolumes, listVolumeNames, VOLUME_FILTERS } from '../../api/filter/volume-filter.js';
import type { Engine } from '../../engine/engine.js';
import type { VolumeName } from '../../model/ids.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parseLabels, splitPair } from '../../model/run-environment.js';
import type { Volume } from '../../model/volume.js';
import { readFileParts } from '../../platform/file-parts/read-parts.js';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { forEachTarget } from '../for-each-target.js';
import { type ListRow, type ListShape, renderList } from '../format/render-list.js';
import { parseFilters } from '../read-filters.js';
import { formatLabels, makeLabelReader } from '../rows/labels.js';
import { compareNaturally } from '../rows/natural-order.js';
import { writeArchive } from '../write-archive.js';

/** What only a cluster's volumes and a measured disk have: Docker lists it so too. */
const NOT_KNOWN = { Availability: 'N/A', Group: 'N/A', Links: 'N/A', Size: 'N/A', Status: 'N/A' };

const VOLUME_LIST: ListShape = {
  titles: {
    Driver: 'DRIVER',
    Name: 'VOLUME NAME',
    Mountpoint: 'MOUNTPOINT',
    Scope: 'SCOPE',
    Labels: 'LABELS',
    Availability: 'AVAILABILITY',
    Group: 'GROUP',
    Links: 'LINKS',
    Size: 'SIZE',
    Status: 'STATUS',
  },
  columns: ['Driver', 'Name'],
  typeName: '*formatter.volumeContext',
};

export const createVolume: RunCommand = async ({ cli, flags, args }) => {
  const labels = parseLabels(flags, new Map());
  const options = Object.fromEntries(flags.list('opt').map((pair) => withText(splitPair(pair))));
  const engine = await cli.engine();
  const volume = await engine.volumes.create(
    omitUndefined({ name: args[0], driver: flags.text('driver'), labels, options }),
  );
  await cli.print(`${volume.name}\n`);
  return 0;
};

/** An option without a value has an empty one, as with Docker. */
function withText([key, value]: ReturnType<typeof splitPair>): readonly [string, string] {
  return [key, value ?? ''];
}

export const exportVolume: RunCommand = async ({ cli, flags, args }) => {
  const engine = await cli.engine();
  const name = (args[0] ?? '') as VolumeName;
  const archive = async () => {
    if (engine.volumes.export === undefined) throw new CliError('this engine cannot export volumes');
    return await engine.volumes.export(name, { signal: cli.interrupted });
  };
  await writeArchive(cli, archive, flags.text('output'));
  return 0;
};

/** From standard input where no file is named. */
export const importVolume: RunCommand = async ({ cli, args }) => {
  const [name = '', path = '-'] = args;
  if (path !== '-') await access(path);
  const engine = await cli.engine();
  if (engine.volumes.import === undefined) throw new CliError('this engine cannot import volumes');
  const tar = path === '-' ? cli.stdin : readFileParts(path, { reuse: true });
  await engine.volumes.import(name as VolumeName, tar, { signal: cli.interrupted });
  await cli.print(`${name}\n`);
  return 0;
};

/** As Docker has it without a cluster. */
export const updateVolume: RunCommand = async ({ cli, args }) => {
  const engine = await cli.engine();
  await engine.volumes.inspect((args[0] ?? '') as VolumeName);
  throw new CliError('can only update cluster volumes');
};

export const listVolumes: RunCommand = async ({ cli, flags }) => {
  const filters = parseFilters(flags, VOLUME_FILTERS);
  const engine = await cli.engine();
  const used = filters.has('dangling') ? await usedNames(engine) : new Set<string>();
  const found = filterVolumes(filters, await engine.volumes.list(), used);
  const volumes = found.toSorted((a, b) => compareNaturally(a.name, b.name));
  const isQuiet = flags.isSet('quiet') && !flags.has('format');
  await cli.print(renderList(VOLUME_LIST, volumes.map(toRow), isQuiet ? '{{.Name}}' : flags.text('format')));
  return 0;
};

async function usedNames(engine: Engine): Promise<ReadonlySet<string>> {
  return new Set((await engine.containers.list({ all: true })).flatMap(listVolumeNames));
}

function toRow(volume: Volume): ListRow {
  return {
    Driver: volume.driver,
    Name: volume.name,
    Mountpoint: volume.mountpoint,
    Scope: 'local',
    Labels: formatLabels(volume.labels),
    Label: makeLabelReader(volume.labels),
    ...NOT_KNOWN,
  };
}

export const removeVolumes: RunCommand = async (call) => {
  const force = call.flags.isSet('force');
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    await engine.volumes.remove(name as VolumeName, { force });
    return name;
  });
};
