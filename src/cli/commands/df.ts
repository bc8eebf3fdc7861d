import { listVolumeNames } from '../../api/filter/volume-filter.js';
import type { Container } from '../../model/container.js';
import type { DiskUsage } from '../../model/disk-usage.js';
import type { Image } from '../../model/image.js';
import { formatDecimalBytes } from '../../model/units.js';
import { isOwnFolder, type Volume } from '../../model/volume.js';
import type { RunCommand } from '../command-spec.js';
import { createGoTimeFormat } from '../format/go-time.js';
import { type ListRow, type ListShape, renderList } from '../format/render-list.js';
import { renderObject } from '../format/render-object.js';
import { CONTAINER_LIST, type RowOptions, toContainerRow } from '../rows/container-row.js';
import { IMAGE_LIST, toImageRows } from '../rows/image-row.js';
import { formatLabels } from '../rows/labels.js';

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

const BUILD_LIST: ListShape = {
  titles: {
    ...{ ID: 'CACHE ID', CacheType: 'CACHE TYPE', Size: 'SIZE', CreatedSince: 'CREATED' },
    ...{ LastUsedSince: 'LAST USED', UsageCount: 'USAGE', Shared: 'SHARED' },
  },
  columns: ['ID', 'CacheType', 'Size', 'CreatedSince', 'LastUsedSince', 'UsageCount', 'Shared'],
  typeName: '*formatter.buildCacheContext',
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
  const engine = await cli.engine();
  const [usage, containers, images, volumes] = await Promise.all([
    engine.system.diskUsage(),
    engine.containers.list({ all: true }),
    engine.images.list(),
    engine.volumes.list(),
  ]);
  const found = { usage, containers, images, volumes: volumes.filter(isOwnFolder) };
  // Docker takes a template for all parts at once; ids are whole there.
  const isTable = format === undefined || format === '' || format === 'table';
  const rowOptions = { nowMs: cli.nowMs(), truncate: isTable, formatTime: createGoTimeFormat() };
  const parts = isVerbose ? listParts(found, rowOptions) : undefined;
  if (parts === undefined) await cli.print(renderSums(found, format));
  else await cli.print(isTable ? renderParts(parts) : (renderObject(parts, format) ?? ''));
  return 0;
};

function renderSums({ usage, containers, images, volumes }: Found, format: string | undefined): string {
  const { reclaimable } = usage;
  const active = containers.filter(({ state }) => ['running', 'paused', 'restarting'].includes(state.status)).length;
  const usedImages = new Set(containers.map(({ imageId }) => imageId));
  const usedVolumes = new Set(containers.flatMap(listVolumeNames));
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
    row('Build Cache', [0, 0], [0, 0]),
  ];
  return renderList(DF_LIST, rows, format);
}

/** As Docker has it: with the part of the whole, where there is a whole. */
function formatReclaimable(bytes: number, freeBytes: number): string {
  const size = formatDecimalBytes(freeBytes, 4);
  return bytes > 0 ? `${size} (${Math.floor((freeBytes * 100) / bytes)}%)` : size;
}

/** As a template sees them, in Docker's words. */
interface Parts {
  readonly Images: readonly ListRow[];
  readonly Containers: readonly ListRow[];
  readonly Volumes: readonly ListRow[];
  /** Nothing is built here. */
  readonly BuildCache: readonly ListRow[];
}

function listParts({ usage, containers, images, volumes }: Found, options: RowOptions): Parts {
  const imageRows = images.flatMap((image) => {
    const shared = usage.sharedBytesOf.get(image.id) ?? 0;
    const sizes = {
      SharedSize: formatDecimalBytes(shared, 4),
      UniqueSize: formatDecimalBytes(image.sizeBytes - shared, 4),
      Containers: String(containers.filter(({ imageId }) => imageId === image.id).length),
    };
    return toImageRows(image, options).map((row) => ({ ...row, ...sizes }));
  });
  const containerRows = containers.map((container) => ({
    ...toContainerRow(container, options),
    Size: formatDecimalBytes(usage.containerBytesOf.get(container.id) ?? 0),
  }));
  const links = containers.flatMap(listVolumeNames);
  const volumeRows = volumes.map(({ name, driver, labels, mountpoint }) => ({
    ...{ Driver: driver, Labels: formatLabels(labels), Mountpoint: mountpoint, Scope: 'local' },
    ...{ Availability: 'N/A', Group: 'N/A', Status: 'N/A' },
    Name: name,
    Links: String(links.filter((link) => link === name).length),
    Size: formatDecimalBytes(usage.volumeBytesOf.get(name) ?? 0, 4),
  }));
  return { Images: imageRows, Containers: containerRows, Volumes: volumeRows, BuildCache: [] };
}

/** The tables of `docker system df --verbose`, with its headings. */
function renderParts({ Images, Containers, Volumes, BuildCache }: Parts): string {
  const imageColumns = [...IMAGE_LIST.columns, 'SharedSize', 'UniqueSize', 'Containers'];
  const containerColumns = ['ID', 'Image', 'Command', 'LocalVolumes', 'Size', 'RunningFor', 'Status', 'Names'];
  return [
    ['Images space usage:', renderList({ ...IMAGE_LIST, columns: imageColumns }, Images)],
    ['Containers space usage:', renderList({ ...CONTAINER_LIST, columns: containerColumns }, Containers)],
    ['Local Volumes space usage:', renderList(VOLUME_LIST, Volumes)],
    ['Build cache usage: 0B', renderList(BUILD_LIST, BuildCache)],
  ]
    .map(([title, table]) => `${title}\n\n${table}`)
    .join('\n');
}
