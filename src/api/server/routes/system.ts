import { EngineError } from '../../../model/errors.js';
import { matchesEvent } from '../../filter/match-event.js';
import { listVolumeNames } from '../../filter/volume-filter.js';
import { toWireDaemonInfo } from '../../wire/daemon-info.js';
import { DISK_KINDS, type DiskKind, toWireDiskUsage } from '../../wire/disk-usage.js';
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
  { method: 'GET', path: compilePath('/system/df'), handle: diskUsage },
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
  const [info, version, containers, images, settings, capabilities] = await Promise.all([
    engine.system.info(),
    engine.system.version(),
    engine.containers.list({ all: true }),
    engine.images.list(),
    engine.system.settings?.(),
    engine.system.capabilities(),
  ]);
  const wire = toWireInfo({ info, version, containers, imageCount: images.length });
  replyJson(response, 200, toWireDaemonInfo({ wire, info, settings, capabilities, nowMs: Date.now() }));
}

/** Nothing is measured that was not asked for: below 1.42 all is. */
async function diskUsage({ engine, request, response }: ApiCall): Promise<void> {
  const kinds = readKinds(request.version < 42 ? [] : request.query.all('type'));
  const [usage, containers, images, volumes] = await Promise.all([
    engine.system.diskUsage(),
    engine.containers.list({ all: true }),
    engine.images.list(),
    engine.volumes.list(),
  ]);
  const users = containers.map((container) => new Set<string>(listVolumeNames(container)));
  const countUsers = (name: string) => users.filter((names) => names.has(name)).length;
  const { version } = request;
  const sources = { kinds, usage, containers, images, volumes, countUsers, nowMs: Date.now(), version };
  replyJson(response, 200, toWireDiskUsage(sources));
}

function readKinds(texts: readonly string[]): ReadonlySet<DiskKind> {
  if (texts.length === 0) return new Set(DISK_KINDS);
  return new Set(
    texts.map((text) => {
      const kind = DISK_KINDS.find((known) => known === text);
      if (kind === undefined) throw new EngineError('invalid-argument', `unknown object type: ${text}`);
      return kind;
    }),
  );
}

/** Docker takes any filter here: what it does not know, it leaves aside. */
async function events({ engine, request, response }: ApiCall): Promise<void> {
  const filters = readFilters(request.query);
  const sinceMs = readSeconds(request.query, 'since');
  const untilMs = readSeconds(request.query, 'until');
  if (sinceMs !== undefined && untilMs !== undefined && untilMs < sinceMs) {
    const [since, until] = ['since', 'until'].map((name) => request.query.text(name));
    const message = `\`since\` time (${since}) cannot be after \`until\` time (${until})`;
    throw new EngineError('invalid-argument', message);
  }
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
