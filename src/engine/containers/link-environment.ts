/** A container as the variables of another one tell of it. */
export interface LinkedContainer {
  readonly alias: string;
  /** Name of the container that has the variables. */
  readonly recipient: string;
  readonly address: string;
  /** What it exposes: `80/tcp`. */
  readonly ports: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Of no use to others. */
const OWN: readonly string[] = ['HOME', 'PATH'];

/**
 * For the alias `db`: `DB_NAME`, `DB_PORT` (the first port), for each port `DB_PORT_5432_TCP` with `_ADDR`, `_PORT` and `_PROTO`, for
 * ports in a row `_START`, `_END` and their numbers at the first of them, and `DB_ENV_…` for each of its own variables.
 * docs.docker.com/engine/network/links
 */
export function makeLinkEnvironment(linked: LinkedContainer): Readonly<Record<string, string>> {
  const { alias, recipient, address, env } = linked;
  const prefix = alias.toUpperCase().replaceAll('-', '_');
  const ports = linked.ports.map(parsePort).toSorted(compare);
  const nameOf = ({ port, protocol }: Port) => `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
  const urlOf = ({ port, protocol }: Port) => `${protocol}://${address}:${port}`;
  const [first] = ports;
  const ofPorts = ports.map((port) => ({
    [nameOf(port)]: urlOf(port),
    [`${nameOf(port)}_ADDR`]: address,
    [`${nameOf(port)}_PORT`]: String(port.port),
    [`${nameOf(port)}_PROTO`]: port.protocol,
  }));
  const ofRanges = listRanges(ports).map(([start, end]) => ({
    [`${nameOf(start)}_START`]: urlOf(start),
    [`${nameOf(start)}_PORT_START`]: String(start.port),
    [`${nameOf(start)}_END`]: urlOf(end),
    [`${nameOf(start)}_PORT_END`]: String(end.port),
  }));
  const ofEnv = Object.entries(env)
    .filter(([name]) => !OWN.includes(name))
    .map(([name, value]) => ({ [`${prefix}_ENV_${name}`]: value }));
  const own = { ...(first && { [`${prefix}_PORT`]: urlOf(first) }), [`${prefix}_NAME`]: `/${recipient}/${alias}` };
  return Object.assign({}, own, ...ofPorts, ...ofRanges, ...ofEnv) as Readonly<Record<string, string>>;
}

interface Port {
  readonly port: number;
  readonly protocol: string;
}

function parsePort(text: string): Port {
  const [port, protocol = 'tcp'] = text.split('/');
  return { port: Number(port), protocol };
}

/** Those of TCP first. */
function compare(a: Port, b: Port): number {
  if (a.protocol === b.protocol) return a.port - b.port;
  if (a.protocol === 'tcp') return -1;
  return b.protocol === 'tcp' || a.protocol > b.protocol ? 1 : -1;
}

/** The first and the last of ports of one protocol that follow each other, of two at least. */
function listRanges(ports: readonly Port[]): readonly (readonly [Port, Port])[] {
  const ranges: [Port, Port][] = [];
  for (const port of ports) {
    const last = ranges.at(-1);
    const follows = last !== undefined && last[1].protocol === port.protocol && last[1].port + 1 === port.port;
    if (follows) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges.filter(([start, end]) => start !== end);
}
