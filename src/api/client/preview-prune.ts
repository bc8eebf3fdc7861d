import type {
  ContainerService,
  ImageService,
  NetworkService,
  PruneOptions,
  PruneReport,
  VolumeService,
} from '../../engine/engine.js';
import type { Container } from '../../model/container.js';
import type { VolumeName } from '../../model/ids.js';
import { fitsLabelFilter } from '../../model/label-filter.js';
import { isPredefinedName } from '../../model/network-names.js';

/** Docker's API prunes or does not: what it would take is found from what there is. Sizes are told where the endpoint tells them. */
export async function previewContainerPrune(service: ContainerService, options: PruneOptions): Promise<PruneReport> {
  const stopped = await service.list({ all: true, status: ['created', 'exited', 'dead'] });
  const removed = stopped
    .filter((one) => isOld(one, options) && fitsLabelFilter(one.config.labels, options))
    .map(({ id }) => id);
  const sizes = (await service.readSizes?.(removed)) ?? new Map();
  return { removed, reclaimedBytes: sum(removed.map((id) => sizes.get(id)?.writableBytes ?? 0)) };
}

/** Images that a container has stay; with `all` those with a name go too. */
export async function previewImagePrune(
  images: ImageService,
  containers: ContainerService,
  options: PruneOptions & { readonly all?: boolean },
): Promise<PruneReport> {
  const used = new Set((await listOthers(containers, options)).map(({ imageId }) => imageId));
  const unused = (await images.list()).filter(
    (image) =>
      !used.has(image.id) &&
      (options.all === true || image.repoTags.length === 0) &&
      isOld(image, options) &&
      fitsLabelFilter(image.config.labels, options),
  );
  return {
    removed: unused.flatMap(({ id, repoTags }) => [...repoTags, id]),
    reclaimedBytes: sum(unused.map(({ sizeBytes }) => sizeBytes)),
  };
}

export async function previewNetworkPrune(
  networks: NetworkService,
  containers: ContainerService,
  options: PruneOptions,
): Promise<PruneReport> {
  const used = new Set(
    (await listOthers(containers, options)).flatMap(({ networks: places }) => places.map((one) => one.networkName)),
  );
  const removed = (await networks.list()).filter(
    (one) =>
      !isPredefinedName(one.name) && !used.has(one.name) && isOld(one, options) && fitsLabelFilter(one.labels, options),
  );
  return { removed: removed.map(({ name }) => name), reclaimedBytes: 0 };
}

/** What names of volumes are that Docker made itself. */
const ANONYMOUS = /^[0-9a-f]{64}$/;

export async function previewVolumePrune(
  volumes: VolumeService,
  containers: ContainerService,
  options: PruneOptions & { readonly all?: boolean },
): Promise<PruneReport> {
  const used = new Set(
    (await listOthers(containers, options)).flatMap(({ mounts = [] }) =>
      mounts.flatMap((mount) => (mount.type === 'volume' ? [mount.name] : [])),
    ),
  );
  const removed = (await volumes.list())
    .filter(
      (one) =>
        !used.has(one.name) &&
        one.options === undefined &&
        (options.all === true || ANONYMOUS.test(one.name)) &&
        isOld(one, options) &&
        fitsLabelFilter(one.labels, options),
    )
    .map(({ name }) => name);
  const sizes = await readVolumeSizes(volumes, removed);
  return { removed, reclaimedBytes: sum(removed.map((name) => sizes.get(name) ?? 0)) };
}

/** Measuring is what endpoints have in parts, and no reason to refuse. */
async function readVolumeSizes(
  { readSizes }: VolumeService,
  names: readonly VolumeName[],
): Promise<ReadonlyMap<VolumeName, number>> {
  try {
    return (await readSizes?.(names)) ?? new Map();
  } catch {
    return new Map();
  }
}

function listOthers(containers: ContainerService, { without = [] }: PruneOptions): Promise<readonly Container[]> {
  return containers.list({ all: true }).then((all) => all.filter(({ id }) => !without.includes(id)));
}

function isOld({ createdAtMs }: { readonly createdAtMs: number }, { untilMs }: PruneOptions): boolean {
  return untilMs === undefined || createdAtMs < untilMs;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}
