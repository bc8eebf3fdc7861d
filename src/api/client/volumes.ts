import type { ContainerService, PruneReport, VolumeService } from '../../engine/engine.js';
import type { VolumeName } from '../../model/ids.js';
import { toList, toNumber, toObject, toTexts } from '../../model/json-values.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import type { Volume } from '../../model/volume.js';
import { fromWireDiskUsage } from '../wire/from-system.js';
import { fromWireVolume } from '../wire/from-volume.js';
import { type ApiClient, isVersion } from './api-client.js';
import { previewVolumePrune } from './preview-prune.js';
import { toPruneFilters } from './prune-filters.js';

/** Before this version a prune takes those with a name too. */
const ANONYMOUS_ALONE = '1.42';

/** Volumes of an endpoint. What is in them Docker's API does not tell. */
export function createVolumes(client: ApiClient, containers: ContainerService): VolumeService {
  const service: VolumeService = {
    list: async () => {
      const volumes = toList(toObject(await client.json({ method: 'GET', path: '/volumes' }))['Volumes']);
      return volumes.map(fromWireVolume).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    inspect: async (name) => fromWireVolume(await client.json({ method: 'GET', path: volumePath(name) })),
    create: async ({ name, driver, labels, options }): Promise<Volume> => {
      const body = omitUndefined({ Name: name, Driver: driver, Labels: labels, DriverOpts: options });
      return fromWireVolume(await client.json({ method: 'POST', path: '/volumes/create', body }));
    },
    remove: (name, { force } = {}) => client.run({ method: 'DELETE', path: volumePath(name), query: { force } }),
    readSizes: async (names) => {
      const { volumeBytesOf } = fromWireDiskUsage(await client.json({ method: 'GET', path: '/system/df' }));
      return new Map([...volumeBytesOf].filter(([name]) => names.includes(name)));
    },
    prune: async (options = {}) => {
      if (options.preview === true) return await previewVolumePrune(service, containers, options);
      if (!isVersion(client, ANONYMOUS_ALONE) && options.all !== true) {
        return await removeEach(service, await previewVolumePrune(service, containers, options));
      }
      const all = isVersion(client, ANONYMOUS_ALONE) && options.all === true ? { all: ['true'] } : {};
      const query = { filters: toPruneFilters(options, all) };
      const wire = toObject(await client.json({ method: 'POST', path: '/volumes/prune', query }));
      return { removed: toTexts(wire['VolumesDeleted']), reclaimedBytes: toNumber(wire['SpaceReclaimed']) };
    },
  };
  return service;
}

/** One that a container has got meanwhile stays. */
async function removeEach(service: VolumeService, { removed, reclaimedBytes }: PruneReport): Promise<PruneReport> {
  const gone: string[] = [];
  for (const name of removed) {
    await service.remove(name as VolumeName).then(
      () => gone.push(name),
      () => undefined,
    );
  }
  return { removed: gone, reclaimedBytes };
}

function volumePath(name: VolumeName): string {
  return `/volumes/${encodeURIComponent(name)}`;
}
