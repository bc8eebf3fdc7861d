import type { ByteStream } from '../../../engine/engine.js';
import { EngineError } from '../../../model/errors.js';
import { omitUndefined } from '../../../model/omit-undefined.js';
import { commitSchema, toCommitChanges } from '../../wire/from-commit.js';
import { toWirePathStat } from '../../wire/path-stat.js';
import { type ApiRequest, readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { readOptionalJson } from '../json-body.js';
import { openReplyStream, replyEmpty, replyJson } from '../reply.js';
import type { ApiCall, Route } from '../route.js';

const STAT_HEADER = 'X-Docker-Container-Path-Stat';
const TAR = 'application/x-tar';

/** Files of containers, in and out. */
export const CONTAINER_FILE_ROUTES: readonly Route[] = [
  { method: 'HEAD', path: compilePath('/containers/{id}/archive'), handle: statPath },
  { method: 'GET', path: compilePath('/containers/{id}/archive'), handle: readArchive },
  { method: 'PUT', path: compilePath('/containers/{id}/archive'), handle: writeArchive },
  { method: 'GET', path: compilePath('/containers/{id}/export'), handle: exportFiles },
  { method: 'POST', path: compilePath('/commit'), handle: commit },
];

async function statPath({ engine, request, response }: ApiCall): Promise<void> {
  const stat = await engine.containers.statPath(readParam(request, 'id'), readPath(request));
  response.setHeader(STAT_HEADER, toWirePathStat(stat));
  response.writeHead(200, { 'Content-Type': 'application/json' }).end();
}

async function readArchive({ engine, request, response }: ApiCall): Promise<void> {
  const [id, path] = [readParam(request, 'id'), readPath(request)];
  const stat = await engine.containers.statPath(id, path);
  const tar = await engine.containers.readArchive(id, path, { signal: request.gone });
  response.setHeader(STAT_HEADER, toWirePathStat(stat));
  await sendTar(response, tar);
}

async function writeArchive({ engine, request, response }: ApiCall): Promise<void> {
  const { query, body, gone } = request;
  await engine.containers.writeArchive(readParam(request, 'id'), readPath(request), body, {
    noOverwriteDirNonDir: query.isOn('noOverwriteDirNonDir'),
    copyUidGid: query.isOn('copyUIDGID'),
    signal: gone,
  });
  replyEmpty(response, 200);
}

async function exportFiles({ engine, request, response }: ApiCall): Promise<void> {
  await sendTar(response, await engine.containers.export(readParam(request, 'id')));
}

/** A tar that breaks off has no end, and neither has the answer then. */
async function sendTar(response: ApiCall['response'], tar: ByteStream): Promise<void> {
  const stream = openReplyStream(response, TAR);
  for await (const bytes of tar) {
    if (response.destroyed) return;
    await stream.write(bytes);
  }
  stream.end();
}

function readPath({ query }: ApiRequest): string {
  const path = query.text('path');
  if (path !== undefined) return path;
  throw new EngineError('invalid-argument', 'Bad parameters: missing path');
}

/** The configuration in the body and the instructions of the query both change the image's. */
async function commit({ engine, request, response }: ApiCall): Promise<void> {
  const { query } = request;
  const container = query.text('container');
  if (container === undefined) throw new EngineError('invalid-argument', 'Bad parameters: missing container');
  const config = await readOptionalJson(request, commitSchema);
  const [repository, tag] = [query.text('repo'), query.text('tag')];
  const image = await engine.containers.commit(
    container,
    omitUndefined({
      reference: repository === undefined || tag === undefined ? repository : `${repository}:${tag}`,
      author: query.text('author'),
      message: query.text('comment'),
      pause: query.text('pause') === undefined || query.isOn('pause'),
      changes: [...toCommitChanges(config ?? {}), ...query.all('changes').flatMap((text) => text.split('\n'))].filter(
        (text) => text.trim() !== '',
      ),
    }),
  );
  replyJson(response, 201, { Id: image.id });
}
