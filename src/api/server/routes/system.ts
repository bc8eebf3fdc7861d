import { EVENT_FILTERS, matchesEvent } from '../../filter/match-event.js';
import { toWireEvent } from '../../wire/event.js';
import { toWireInfo, toWireVersion } from '../../wire/system.js';
import { compilePath } from '../find-route.js';
import { readFilters } from '../query-filters.js';
import { readSeconds } from '../query-time.js';
import { openReplyStream, replyJson } from '../reply.js';
import type { ApiCall, Route } from '../route.js';

/** Of the engine as a whole. */
export const SYSTEM_ROUTES: readonly Route[] = [
  { method: 'GET', path: compilePath('/_ping'), handle: ping },
  { method: 'HEAD', path: compilePath('/_ping'), handle: ping },
  { method: 'GET', path: compilePath('/version'), handle: version },
  { method: 'GET', path: compilePath('/info'), handle: info },
  { method: 'GET', path: compilePath('/events'), handle: events },
];

async function ping({ engine, response }: ApiCall): Promise<void> {
  await engine.system.ping();
  response.setHeader('Cache-Control', 'no-cache, no-store, must-revalidate');
  response.setHeader('Pragma', 'no-cache');
  // The builder of `docker build` without BuildKit, and no swarm.
  response.setHeader('Builder-Version', '1');
  response.setHeader('Swarm', 'inactive');
  response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': 2 }).end('OK');
}

async function version({ engine, response }: ApiCall): Promise<void> {
  replyJson(response, 200, toWireVersion(await engine.system.version()));
}

async function info({ engine, response }: ApiCall): Promise<void> {
  const [info, version, containers, images] = await Promise.all([
    engine.system.info(),
    engine.system.version(),
    engine.containers.list({ all: true }),
    engine.images.list(),
  ]);
  replyJson(response, 200, toWireInfo({ info, version, containers, imageCount: images.length }));
}

/** Docker takes any filter here; what is not known fits nothing. */
async function events({ engine, request, response }: ApiCall): Promise<void> {
  const filters = readFilters(request.query, EVENT_FILTERS);
  const sinceMs = readSeconds(request.query, 'since');
  const untilMs = readSeconds(request.query, 'until');
  const following = engine.events({
    signal: request.gone,
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(untilMs === undefined ? {} : { untilMs }),
  });
  const stream = openReplyStream(response, 'application/json');
  for await (const event of following) {
    if (matchesEvent(filters, event)) await stream.write(`${JSON.stringify(toWireEvent(event))}\n`);
  }
  stream.end();
}
