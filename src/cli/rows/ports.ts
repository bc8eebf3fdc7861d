import type { PortBinding } from '../../model/container-config.js';

/** `0.0.0.0:8080` and `[::]:8080`. */
export function formatHostAddress({ hostIp = '0.0.0.0', hostPort }: PortBinding): string {
  return `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${hostPort ?? ''}`;
}

/**
 * Of a container that runs, in Docker's words and order: ports that have the same number on both sides or none on the host, those in a row
 * as one, then all others: `9000-9002/udp, 0.0.0.0:443->443/tcp, 0.0.0.0:8080->80/tcp`. docker/cli, DisplayablePorts
 */
export function formatPorts(published: readonly PortBinding[], exposed: readonly string[]): string {
  const rows = [...published.map(toRow), ...exposed.map(parseExposed)].filter(isFirst);
  // Of each address and protocol the run that still grows; those that have ended come before them.
  const open = new Map<string, PortRow[]>();
  const ended: PortRow[][] = [];
  const mapped: string[] = [];
  for (const row of rows.toSorted(compareRows)) {
    const { host, hostPort, port, protocol } = row;
    if (host !== '' && hostPort !== port) {
      mapped.push(`${host}:${hostPort}->${port}/${protocol}`);
      continue;
    }
    const key = `${host}/${protocol}`;
    const run = open.get(key) ?? [];
    if (run.length > 0 && run.at(-1)?.port !== port - 1) {
      ended.push(run);
      open.set(key, [row]);
    } else {
      open.set(key, [...run, row]);
    }
  }
  return [...[...ended, ...open.values()].map(formatRun), ...mapped].join(', ');
}

interface PortRow {
  readonly port: number;
  readonly protocol: string;
  /** Empty: not published. */
  readonly host: string;
  readonly hostPort: number;
}

function toRow(binding: PortBinding): PortRow {
  const { containerPort: port, protocol, hostPort } = binding;
  if (hostPort === undefined) return { port, protocol, host: '', hostPort: port };
  const address = formatHostAddress(binding);
  return { port, protocol, host: address.slice(0, address.lastIndexOf(':')), hostPort };
}

function parseExposed(text: string): PortRow {
  const [number = '', protocol = 'tcp'] = text.split('/');
  const port = Number(number);
  return { port, protocol, host: '', hostPort: port };
}

/** What is exposed alone, or reached at the container's own addresses, is said once. */
function isFirst({ port, protocol, host }: PortRow, index: number, rows: readonly PortRow[]): boolean {
  const isSame = (other: PortRow) => other.port === port && other.protocol === protocol;
  return host !== '' || rows.findIndex(isSame) === index;
}

/** Addresses by their characters, where those of IPv6 have no brackets. */
function compareRows(a: PortRow, b: PortRow): number {
  const [left, right] = [a, b].map(({ host }) => host.replace('[', ''));
  return (
    a.port - b.port ||
    compareText(left ?? '', right ?? '') ||
    a.hostPort - b.hostPort ||
    compareText(a.protocol, b.protocol)
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function formatRun(run: readonly PortRow[]): string {
  const [first, last = first] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return '';
  const ports = first === last ? String(first.port) : `${first.port}-${last.port}`;
  return `${first.host === '' ? '' : `${first.host}:${ports}->`}${ports}/${first.protocol}`;
}
