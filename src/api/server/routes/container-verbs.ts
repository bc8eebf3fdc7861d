import { z } from 'zod/mini';
import type { StopOptions } from '../../../engine/engine.js';
import { EngineError } from '../../../model/errors.js';
import { omitUndefined } from '../../../model/omit-undefined.js';
import { describePlatformMismatch, isPlatform, parsePlatform } from '../../../model/platform.js';
import {
  containerCreateSchema,
  fromWireContainerCreate,
  fromWireRestartPolicy,
  restartPolicySchema,
} from '../../wire/from-container-create.js';
import { fromWireLimitsPatch, resourceFields } from '../../wire/from-resources.js';
import { goObject } from '../../wire/go-json.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { readJsonBody } from '../json-body.js';
import type { Query } from '../query.js';
import { PRUNE_FILTERS, readPruneFilter } from '../query-prune.js';
import { readSize } from '../query-size.js';
import { replyEmpty, replyJson } from '../reply.js';
import type { ApiCall, Route } from '../route.js';
import { wait } from './container-wait.js';

/** Changes containers. */
export const CONTAINER_VERB_ROUTES: readonly Route[] = [
  { method: 'POST', path: compilePath('/containers/create'), handle: create },
  { method: 'POST', path: compilePath('/containers/prune'), handle: prune },
  ...[
    ['start', start],
    ['stop', stop],
    ['restart', restart],
    ['kill', kill],
    ['pause', pause],
    ['unpause', unpause],
    ['rename', rename],
    ['update', update],
    ['resize', resize],
    ['wait', wait],
  ].map(([verb, handle]) => ({
    method: 'POST' as const,
    path: compilePath(`/containers/{id}/${String(verb)}`),
    handle: handle as Route['handle'],
  })),
  { method: 'DELETE', path: compilePath('/containers/{id}'), handle: remove },
];

const updateSchema = goObject({ ...resourceFields, RestartPolicy: z.optional(restartPolicySchema) });

async function create({ engine, request, response }: ApiCall): Promise<void> {
  const { query } = request;
  const config = fromWireContainerCreate(await readJsonBody(request, containerCreateSchema), query.text('name'));
  const platform = query.text('platform');
  if (platform !== undefined) {
    const wanted = parsePlatform(platform);
    const image = await engine.images.inspect(config.image);
    if (!isPlatform(image.platform, wanted)) {
      throw new EngineError('not-found', describePlatformMismatch(config.image, wanted, image.platform));
    }
  }
  const { id, warnings } = await engine.containers.create(config);
  replyJson(response, 201, { Id: id, Warnings: warnings });
}

/** Its size is that of the creation: clients send what it becomes as a resize. */
async function start({ engine, request, response }: ApiCall): Promise<void> {
  await engine.containers.start(readParam(request, 'id'));
  replyEmpty(response, 204);
}

async function stop({ engine, request, response }: ApiCall): Promise<void> {
  await engine.containers.stop(readParam(request, 'id'), readStopOptions(request.query));
  replyEmpty(response, 204);
}

async function restart({ engine, request, response }: ApiCall): Promise<void> {
  await engine.containers.restart(readParam(request, 'id'), readStopOptions(request.query));
  replyEmpty(response, 204);
}

function readStopOptions(query: Query): StopOptions {
  const seconds = query.integer('t');
  return omitUndefined({
    timeoutMs: seconds === undefined || seconds < 0 ? seconds : seconds * 1000,
    signal: query.text('signal'),
  });
}

async function kill({ engine, request, response }: ApiCall): Promise<void> {
  await engine.containers.kill(readParam(request, 'id'), request.query.text('signal'));
  replyEmpty(response, 204);
}

async function pause({ engine, request, response }: ApiCall): Promise<void> {
  await engine.containers.pause(readParam(request, 'id'));
  replyEmpty(response, 204);
}

async function unpause({ engine, request, response }: ApiCall): Promise<void> {
  await engine.containers.unpause(readParam(request, 'id'));
  replyEmpty(response, 204);
}

async function rename({ engine, request, response }: ApiCall): Promise<void> {
  const name = request.query.text('name');
  if (name === undefined) throw new EngineError('invalid-argument', 'Neither old nor new names may be empty');
  await engine.containers.rename(readParam(request, 'id'), name);
  replyEmpty(response, 204);
}

async function update({ engine, request, response }: ApiCall): Promise<void> {
  const wire = await readJsonBody(request, updateSchema);
  const change = omitUndefined({
    limits: fromWireLimitsPatch(wire),
    restartPolicy: fromWireRestartPolicy(wire.RestartPolicy),
  });
  const { warnings } = await engine.containers.update(readParam(request, 'id'), change);
  replyJson(response, 200, { Warnings: warnings });
}

async function resize({ engine, request, response }: ApiCall): Promise<void> {
  await engine.containers.resize(readParam(request, 'id'), readSize(request.query));
  replyEmpty(response, 200);
}

async function remove({ engine, request, response }: ApiCall): Promise<void> {
  const { query } = request;
  await engine.containers.remove(readParam(request, 'id'), { force: query.isOn('force'), volumes: query.isOn('v') });
  replyEmpty(response, 204);
}

async function prune({ engine, request, response }: ApiCall): Promise<void> {
  const { removed, reclaimedBytes } = await engine.containers.prune(readPruneFilter(request.query, PRUNE_FILTERS));
  replyJson(response, 200, {
    ContainersDeleted: removed.length === 0 ? null : removed,
    SpaceReclaimed: reclaimedBytes,
  });
}
