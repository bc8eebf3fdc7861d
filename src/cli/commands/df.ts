import type { Container } from '../../model/container.js';
import type { DiskUsage } from '../../model/disk-usage.js';
import type { Image } from '../../model/image.js';
import { formatDecimalBytes } from '../../model/units.js';
import type { Volume } from '../../model/volume.js';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { createGoTimeFormat } from '../format/go-time.js';
import { type ListShape, renderList } from '../format/render-list.js';
import { CONTAINER_LIST, type RowOptions, toContainerRow } from '../rows/container-row.js';
import { IMAGE_LIST, toImageRows } from '../rows/image-row.js';
import { writeOutput } from '../write-output.js';

const DF_LIST: ListShape = {
  titles: { Type: 'TYPE', TotalCount: 'TOTAL', Active: 'ACTIVE', Size: 'SIZE', Reclaimable: 'RECLAIMABLE' },
  columns: ['Type', 'TotalCount', 'Active', 'Size', 'Reclaimable'],
  typeName: '*formatter.diskUsageContext',
};

const VOLUME_LIST: ListShape = {
  titles: { Name: 'VOLUME NAME', Links: 'LINKS', Size: 'SIZE' },
  columns: ['Name', 'Links', 'Size'],
  typeName: '*formatter.volumeContext',
};

/** What is on disk, and of what. */
interface Found {
  readonly usage: DiskUsage;
  readonly containers: readonly Container[];
  readonly images: readonly Image[];
  readonly volumes: readonly Volume[];
}

export const df: RunCommand = async ({ cli, flags }) => {
  const format = flags.text('format');
  const isVerbose = flags.isSet('verbose');
  if (isVerbose && format !== undefined) throw new CliError('--format is for the summary: leave --verbose out');
  const engine = await cli.engine();
  const [usage, containers, images, volumes] = await Promise.all([
    engine.system.diskUsage(),
    engine.containers.list({ all: true }),
    engine.images.list(),
    engine.volumes.list(),
  ]);
  const found = { usage, containers, images, volumes };
  const rowOptions = { nowMs: cli.nowMs(), truncate: true, formatTime: createGoTimeFormat() };
  await writeOutput(cli.stdout, isVerbose ? renderParts(found, rowOptions) : renderSums(found, format));
  return 0;
};

function renderSums({ usage, containers, images, volumes }: Found, format: string | undefined): string {
  const { reclaimable } = usage;
  const active = containers.filter(({ state }) => ['running', 'paused', 'restarting'].includes(state.status)).length;
  const usedImages = new Set(containers.map(({ imageId }) => imageId));
  const usedVolumes = new Set(containers.flatMap(listVolumes));
  const row = (type: string, counts: readonly [number, number], bytes: readonly [all: number, free: number]) => ({
    Type: type,
    TotalCount: String(counts[0]),
    Active: String(counts[1]),
    Size: formatDecimalBytes(bytes[0], 4),
    Reclaimable: formatReclaimable(...bytes),
  });
  const countUsed = (isUsed: readonly boolean[]): number => isUsed.filter(Boolean).length;
  const rows = [
    row(
      'Images',
      [images.length, countUsed(images.map(({ id }) => usedImages.has(id)))],
      [usage.imagesBytes, reclaimable.imagesBytes],
    ),
    row('Containers', [containers.length, active], [usage.containersBytes, reclaimable.containersBytes]),
    row(
      'Local Volumes',
      [volumes.length, countUsed(volumes.map(({ name }) => usedVolumes.has(name)))],
      [usage.volumesBytes, reclaimable.volumesBytes],
    ),
  ];
  return renderList(DF_LIST, rows, format);
}

/** As Docker has it: with the part of the whole, where there is a whole. */
function formatReclaimable(bytes: number, freeBytes: number): string {
  const size = formatDecimalBytes(freeBytes, 4);
  return bytes > 0 ? `${size} (${Math.floor((freeBytes * 100) / bytes)}%)` : size;
}

/** The tables of `docker system df --verbose`, with its headings. */
function renderParts({ usage, containers, images, volumes }: Found, options: RowOptions): string {
  const imageRows = images.flatMap((image) => {
    const shared = usage.sharedBytesOf.get(image.id) ?? 0;
    const sizes = {
      SharedSize: formatDecimalBytes(shared),
      UniqueSize: formatDecimalBytes(image.sizeBytes - shared),
      Containers: String(containers.filter(({ imageId }) => imageId === image.id).length),
    };
    return toImageRows(image, options).map((row) => ({ ...row, ...sizes }));
  });
  const containerRows = containers.map((container) => ({
    ...toContainerRow(container, options),
    Size: formatDecimalBytes(usage.containerBytesOf.get(container.id) ?? 0),
  }));
  const links = containers.flatMap(listVolumes);
  const volumeRows = volumes.map(({ name }) => ({
    Name: name,
    Links: String(links.filter((link) => link === name).length),
    Size: formatDecimalBytes(usage.volumeBytesOf.get(name) ?? 0),
  }));
  const imageColumns = [...IMAGE_LIST.columns, 'SharedSize', 'UniqueSize', 'Containers'];
  const containerColumns = ['ID', 'Image', 'Command', 'LocalVolumes', 'Size', 'RunningFor', 'Status', 'Names'];
  return [
    ['Images', renderList({ ...IMAGE_LIST, columns: imageColumns }, imageRows)],
    ['Containers', renderList({ ...CONTAINER_LIST, columns: containerColumns }, containerRows)],
    ['Local Volumes', renderList(VOLUME_LIST, volumeRows)],
  ]
    .map(([title, table]) => `${title} space usage:\n\n${table}`)
    .join('\n');
}

function listVolumes({ mounts, config }: Container): readonly (string | undefined)[] {
  return (
    mounts?.flatMap((mount) => (mount.type === 'volume' ? [mount.name] : [])) ??
    (config.mounts ?? []).map((mount) => (mount.type === 'volume' ? mount.source : undefined))
  );
}
