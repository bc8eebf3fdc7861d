import type { Container } from '../../model/container.js';
import { formatDecimalBytes } from '../../model/units.js';
import type { RunCommand } from '../command-spec.js';
import { type ListShape, renderList } from '../format/render-list.js';
import { writeOutput } from '../write-output.js';

const DF_LIST: ListShape = {
  titles: { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE' },
  columns: ['Type', 'TotalCount', 'Active', 'Size'],
  typeName: '*formatter.diskUsageContext',
};

export const df: RunCommand = async ({ cli, flags }) => {
  const engine = await cli.engine();
  const [usage, containers, images, volumes] = await Promise.all([
    engine.system.diskUsage(),
    engine.containers.list({ all: true }),
    engine.images.list(),
    engine.volumes.list(),
  ]);
  const active = containers.filter(({ state }) => ['running', 'paused', 'restarting'].includes(state.status)).length;
  const usedImages = new Set(containers.map(({ imageId }) => imageId));
  const usedVolumes = new Set(containers.flatMap(listVolumes));
  const row = (type: string, counts: readonly [number, number], bytes: number) => ({
    Type: type,
    TotalCount: String(counts[0]),
    Active: String(counts[1]),
    Size: formatDecimalBytes(bytes, 4),
  });
  const rows = [
    row('Images', [images.length, images.filter(({ id }) => usedImages.has(id)).length], usage.imagesBytes),
    row('Containers', [containers.length, active], usage.containersBytes),
    row(
      'Local Volumes',
      [volumes.length, volumes.filter(({ name }) => usedVolumes.has(name)).length],
      usage.volumesBytes,
    ),
  ];
  await writeOutput(cli.stdout, renderList(DF_LIST, rows, flags.text('format')));
  return 0;
};

function listVolumes({ mounts, config }: Container): readonly (string | undefined)[] {
  return (
    mounts?.flatMap((mount) => (mount.type === 'volume' ? [mount.name] : [])) ??
    (config.mounts ?? []).map((mount) => (mount.type === 'volume' ? mount.source : undefined))
  );
}
