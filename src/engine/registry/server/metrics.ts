import type { Database } from '../../../platform/database.js';

/** One request that has been answered. */
export interface Measured {
  readonly method: string;
  /** Of its route, or `none`. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What a registry has done, for Prometheus. */
export interface Metrics {
  begin(): void;
  end(measured: Measured): void;
  /** prometheus.io/docs, "Text-based format". */
  format(): string;
}

const BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60] as const;
const METHODS = ['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE'];

interface Series {
  count: number;
  seconds: number;
  readonly buckets: number[];
}

export function createMetrics(database: Database): Metrics {
  const requests = new Map<string, number>();
  const durations = new Map<string, Series>();
  let running = 0;
  let bytesIn = 0;
  let bytesOut = 0;
  return {
    begin: () => void running++,
    end(measured) {
      running--;
      bytesIn += measured.bytesIn;
      bytesOut += measured.bytesOut;
      // Whatever a client calls its method, there are not more series than these.
      const method = METHODS.includes(measured.method) ? measured.method : 'other';
      const key = `method="${method}",route="${measured.route}",status="${measured.status}"`;
      requests.set(key, (requests.get(key) ?? 0) + 1);
      observe(durations, `route="${measured.route}"`, measured.seconds);
    },
    format: () =>
      [
        ...formatMetric('requests_total', 'counter', 'Requests that were answered.', requests),
        ...formatDurations(durations),
        ...formatMetric('requests_running', 'gauge', 'Requests that run.', single(running)),
        ...formatMetric('received_bytes_total', 'counter', 'Bytes from clients.', single(bytesIn)),
        ...formatMetric('sent_bytes_total', 'counter', 'Bytes to clients.', single(bytesOut)),
        ...STORED.flatMap(({ name, help, sql }) =>
          formatMetric(name, 'gauge', help, single(Number(database.get(sql)?.['count'] ?? 0))),
        ),
        ...formatMetric('resident_memory_bytes', 'gauge', 'Memory of the process.', single(process.memoryUsage.rss())),
        '',
      ].join('\n'),
  };
}

const STORED = [
  { name: 'uploads_open', help: 'Uploads that are open.', sql: 'SELECT count(*) AS count FROM uploads' },
  {
    name: 'repositories',
    help: 'Repositories with a manifest.',
    sql: 'SELECT count(DISTINCT repository) AS count FROM manifests',
  },
  { name: 'manifests', help: 'Manifests.', sql: 'SELECT count(*) AS count FROM manifests' },
  { name: 'tags', help: 'Tags.', sql: 'SELECT count(*) AS count FROM tags' },
] as const;

function observe(all: Map<string, Series>, key: string, seconds: number): void {
  const series = all.get(key) ?? { count: 0, seconds: 0, buckets: BUCKETS.map(() => 0) };
  all.set(key, series);
  series.count++;
  series.seconds += seconds;
  for (const [index, limit] of BUCKETS.entries())
    if (seconds <= limit) series.buckets[index] = (series.buckets[index] ?? 0) + 1;
}

function formatMetric(
  name: string,
  type: string,
  help: string,
  values: ReadonlyMap<string, number>,
): readonly string[] {
  const full = `gantry_registry_${name}`;
  const lines = [...values].map(([labels, value]) => `${full}${labels === '' ? '' : `{${labels}}`} ${value}`);
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines];
}

function formatDurations(all: ReadonlyMap<string, Series>): readonly string[] {
  const name = 'gantry_registry_request_seconds';
  const lines = [...all].flatMap(([labels, { count, seconds, buckets }]) => [
    ...buckets.map((value, index) => `${name}_bucket{${labels},le="${BUCKETS[index]}"} ${value}`),
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${seconds}`,
    `${name}_count{${labels}} ${count}`,
  ]);
  return [`# HELP ${name} Time to answer.`, `# TYPE ${name} histogram`, ...lines];
}

function single(value: number): ReadonlyMap<string, number> {
  return new Map([['', value]]);
}
