import { EngineError } from '../../../model/errors.js';
import type { VolumeName } from '../../../model/ids.js';
import { filterVolumes, listVolumeNames, VOLUME_FILTERS } from '../../filter/volume-filter.js';
import { toWireVolume } from '../../wire/volume.js';
import { fromWireVolumeCreate, volumeCreateSchema } from '../../wire/volume-requests.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { readJsonBody } from '../json-body.js';
import { readFilters, readSwitch } from '../query-filters.js';
import { toPruneFilter } from '../query-prune.js';
import { replyEmpty, replyJson } from '../reply.js';
import type { ApiCall, Route } from '../route.js';

export const VOLUME_ROUTES: readonly Route[] = [
  { method: 'GET', path: compilePath('/volumes'), handle: list },
  { method: 'POST', path: compilePath('/volumes/create'), handle: create },
  { method: 'POST', path: compilePath('/volumes/prune'), handle: prune },
  { method: 'GET', path: compilePath('/volumes/{name}'), handle: inspect },
  { method: 'PUT', path: compilePath('/volumes/{name}'), handle: update },
  { method: 'DELETE', path: compilePath('/volumes/{name}'), handle: remove },
];

async function list({ engine, request, response }: ApiCall): Promise<void> {
  const filters = readFilters(request.query, VOLUME_FILTERS);
  const [volumes, containers] = await Promise.all([engine.volumes.list(), engine.containers.list({ all: true })]);
  const used = new Set<string>(containers.flatMap(listVolumeNames));
  const found = filterVolumes(filters, volumes, used).map(toWireVolume);
  replyJson(response, 200, { Volumes: found, Warnings: null });
}

async function create({ engine, request, response }: ApiCall): Promise<void> {
  const config = fromWireVolumeCreate(await readJsonBody(request, volumeCreateSchema));
  replyJson(response, 201, toWireVolume(await engine.volumes.create(config)));
}

async function inspect({ engine, request, response }: ApiCall): Promise<void> {
  replyJson(response, 200, toWireVolume(await engine.volumes.inspect(readName(request))));
}

/** In Docker's words. */
function update(): void {
  throw new EngineError('unavailable', 'volume update only valid for cluster volumes, but swarm is unavailable');
}

async function remove({ engine, request, response }: ApiCall): Promise<void> {
  await engine.volumes.remove(readName(request), { force: request.query.isOn('force') });
  replyEmpty(response, 204);
}

/** Below 1.42 there was no difference between volumes with a name and those without. */
async function prune({ engine, request, response }: ApiCall): Promise<void> {
  const filters = readFilters(request.query, ['label', 'label!', ...(request.version < 42 ? [] : ['all'])]);
  const all = request.version < 42 || readSwitch(filters, 'all') === true;
  const { removed, reclaimedBytes } = await engine.volumes.prune({ ...toPruneFilter(filters), all });
  replyJson(response, 200, { VolumesDeleted: removed, SpaceReclaimed: reclaimedBytes });
}

/** What is no name of a volume names none. */
function readName(request: ApiCall['request']): VolumeName {
  return readParam(request, 'name') as VolumeName;
}
