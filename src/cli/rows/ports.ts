import type { PortBinding } from '../../model/container-config.js';

/** `0.0.0.0:8080` and `[::]:8080`. */
export function formatHostAddress({ hostIp = '0.0.0.0', hostPort }: PortBinding): string {
  return `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${hostPort ?? ''}`;
}

/** Of a container that runs, in Docker's words and order: `0.0.0.0:8080->80/tcp, 53/udp`; neighbours that follow each other are one. */
export function formatPorts(published: readonly PortBinding[], exposed: readonly string[]): string {
  const bound = published.filter(({ hostPort }) => hostPort !== undefined);
  const isBound = (port: string) => bound.some((one) => `${one.containerPort}/${one.protocol}` === port);
  const unbound = published.filter((one) => !bound.includes(one)).map((one) => `${one.containerPort}/${one.protocol}`);
  const open = [...new Set([...unbound, ...exposed])].filter((port) => !isBound(port)).map(readExposed);
  const plain = joinRuns(open.map(({ port, protocol }) => ({ port, protocol, host: '', hostPort: port })));
  const rows = bound.map((one) => {
    const address = formatHostAddress(one);
    const host = address.slice(0, address.lastIndexOf(':'));
    return { port: one.containerPort, protocol: one.protocol, host, hostPort: one.hostPort ?? 0 };
  });
  return [...joinRuns(rows), ...plain].join(', ');
}

interface PortRow {
  readonly port: number;
  readonly protocol: string;
  /** Empty: not published. */
  readonly host: string;
  readonly hostPort: number;
}

function readExposed(text: string): { readonly port: number; readonly protocol: string } {
  const [port = '', protocol = 'tcp'] = text.split('/');
  return { port: Number(port), protocol };
}

function joinRuns(rows: readonly PortRow[]): readonly string[] {
  const sorted = rows.toSorted(
    (a, b) => a.host.localeCompare(b.host) || a.protocol.localeCompare(b.protocol) || a.port - b.port,
  );
  const runs: PortRow[][] = [];
  for (const row of sorted) {
    const last = runs.at(-1)?.at(-1);
    const follows =
      last?.host === row.host &&
      last.protocol === row.protocol &&
      last.port + 1 === row.port &&
      last.hostPort + 1 === row.hostPort;
    if (follows) runs.at(-1)?.push(row);
    else runs.push([row]);
  }
  return runs.toSorted((a, b) => (a[0]?.port ?? 0) - (b[0]?.port ?? 0)).flatMap(formatRun);
}

function formatRun(run: readonly PortRow[]): readonly string[] {
  const [first, last = first] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return [];
  const span = (from: number, to: number) => (from === to ? String(from) : `${from}-${to}`);
  const target = `${span(first.port, last.port)}/${first.protocol}`;
  return [first.host === '' ? target : `${first.host}:${span(first.hostPort, last.hostPort)}->${target}`];
}
