import { cpus } from 'node:os';
import type { CgroupStats } from '../../../model/cgroup-stats.js';
import type { Container } from '../../../model/container.js';
import { hasProcess } from '../../../model/container-state.js';
import { EngineError } from '../../../model/errors.js';
import { type StatsHost, type StatsSample, toWireStats } from '../../wire/stats.js';
import { toWireTop } from '../../wire/top.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { openReplyStream, replyJson } from '../reply.js';
import type { ApiCall, Route } from '../route.js';

/** What containers do and have changed. */
export const CONTAINER_LOOK_ROUTES: readonly Route[] = [
  { method: 'GET', path: compilePath('/containers/{id}/top'), handle: top },
  { method: 'GET', path: compilePath('/containers/{id}/stats'), handle: stats },
  { method: 'GET', path: compilePath('/containers/{id}/changes'), handle: changes },
];

async function top({ engine, request, response }: ApiCall): Promise<void> {
  const options = (request.query.text('ps_args') ?? '-ef').split(/\s+/);
  toWireTop([], options, 0);
  const rows = await engine.containers.top(readParam(request, 'id'));
  replyJson(response, 200, toWireTop(rows, options, Date.now()));
}

/** One object a second, or one alone: with two readings for the percentage, unless `one-shot` is asked for. */
async function stats({ engine, request, response }: ApiCall): Promise<void> {
  const { query, gone } = request;
  const container = await engine.containers.inspect(readParam(request, 'id'));
  const isStream = query.text('stream') === undefined || query.isOn('stream');
  if (isStream && query.isOn('one-shot')) {
    throw new EngineError('invalid-argument', 'cannot have stream=true and one-shot=true');
  }
  const host = await engine.system.info();
  const readings = engine.containers.stats(container.id, { signal: gone });
  if (isStream) return await followStats({ response, container, host }, readings);
  const wanted = query.isOn('one-shot') ? 1 : 2;
  const samples: StatsSample[] = [];
  if (hasProcess(container.state)) {
    for await (const reading of readings) {
      if (samples.push(toSample(reading)) === wanted) break;
    }
  }
  const [before, sample = before] = samples;
  replyJson(response, 200, toWireStats(container, host, sample, samples.length === 2 ? before : undefined));
}

interface StatsAnswer {
  readonly response: ApiCall['response'];
  readonly container: Container;
  readonly host: StatsHost;
}

async function followStats(
  { response, container, host }: StatsAnswer,
  readings: AsyncIterable<CgroupStats>,
): Promise<void> {
  const stream = openReplyStream(response, 'application/json');
  if (!hasProcess(container.state)) await stream.write(`${JSON.stringify(toWireStats(container, host))}\n`);
  let before: StatsSample | undefined;
  for await (const reading of readings) {
    const sample = toSample(reading);
    await stream.write(`${JSON.stringify(toWireStats(container, host, sample, before))}\n`);
    before = sample;
  }
  stream.end();
}

function toSample(stats: CgroupStats): StatsSample {
  const hostCpuMs = cpus().reduce(
    (sum, { times }) => sum + times.user + times.nice + times.sys + times.idle + times.irq,
    0,
  );
  return { stats, hostCpuMs };
}

const KINDS = { modified: 0, added: 1, deleted: 2 } as const;

async function changes({ engine, request, response }: ApiCall): Promise<void> {
  const found = await engine.containers.changes(readParam(request, 'id'));
  const wire = found.map(({ path, kind }) => ({ Path: path, Kind: KINDS[kind] }));
  replyJson(response, 200, wire.length === 0 ? null : wire);
}
