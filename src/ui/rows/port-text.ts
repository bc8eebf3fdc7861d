import type { PortBinding } from '../../model/container-config.js';

/**
 * Published ports in few cells: `8080→80 127.0.0.1:53→53/udp`. Every address of the host and tcp are what is not said; neighbours that
 * follow each other are one. A port of the host that is not chosen yet is left out: `→80`.
 */
export function formatPublished(ports: readonly PortBinding[], arrow: string): string {
  const runs: Row[][] = [];
  for (const row of sortRows(ports.map(toRow))) {
    const last = runs.at(-1)?.at(-1);
    if (last !== undefined && isSame(last, row)) continue;
    if (last !== undefined && follows(last, row)) runs.at(-1)?.push(row);
    else runs.push([row]);
  }
  return runs.map((run) => formatRun(run, arrow)).join(' ');
}

interface Row {
  /** Empty: all. */
  readonly host: string;
  readonly hostPort: number | undefined;
  readonly hostPortEnd: number | undefined;
  readonly port: number;
  readonly protocol: string;
}

function toRow({ hostIp = '', hostPort, hostPortEnd, containerPort, protocol }: PortBinding): Row {
  const isAny = hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::';
  const host = isAny ? '' : hostIp.includes(':') ? `[${hostIp}]:` : `${hostIp}:`;
  return { host, hostPort, hostPortEnd, port: containerPort, protocol };
}

function sortRows(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted(
    (a, b) =>
      a.host.localeCompare(b.host) ||
      b.protocol.localeCompare(a.protocol) ||
      a.port - b.port ||
      (a.hostPort ?? 0) - (b.hostPort ?? 0),
  );
}

function isSame(a: Row, b: Row): boolean {
  return a.host === b.host && a.protocol === b.protocol && a.port === b.port && a.hostPort === b.hostPort;
}

function follows(last: Row, { host, hostPort, port, protocol }: Row): boolean {
  const isNeighbour = last.hostPort !== undefined && last.hostPort + 1 === hostPort && last.port + 1 === port;
  return isNeighbour && last.hostPortEnd === undefined && last.host === host && last.protocol === protocol;
}

function formatRun(run: readonly Row[], arrow: string): string {
  const [first, last = first] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return '';
  const span = (from: number, to: number) => (from === to ? String(from) : `${from}-${to}`);
  const { host, hostPort, hostPortEnd } = first;
  const from = hostPort === undefined ? '' : span(hostPort, hostPortEnd ?? last.hostPort ?? hostPort);
  const protocol = first.protocol === 'tcp' ? '' : `/${first.protocol}`;
  return `${host}${from}${arrow}${span(first.port, last.port)}${protocol}`;
}
