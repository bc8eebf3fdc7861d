import type { PathStat } from '../../engine/engine.js';
import { toNumber, toObject, toText } from '../../model/json-values.js';
import { fromWireTime, toWireTime } from './time.js';

/** Bits of Go's FileMode, which are not those of stat(2): io/fs. */
const GO_TYPES: Readonly<Record<number, number>> = {
  [0o040000]: 2 ** 31,
  [0o120000]: 2 ** 27,
  [0o010000]: 2 ** 25,
  [0o140000]: 2 ** 24,
  [0o060000]: 2 ** 26,
  [0o020000]: 2 ** 26 + 2 ** 21,
};
const GO_SETUID = 2 ** 23;
const GO_SETGID = 2 ** 22;
const GO_STICKY = 2 ** 20;

/** The header `X-Docker-Container-Path-Stat`: base64 of JSON. */
export function toWirePathStat({ name, sizeBytes, mode, modifiedAtMs, linkTarget }: PathStat): string {
  const wire = {
    name,
    size: sizeBytes,
    mode: toGoMode(mode),
    mtime: toWireTime(modifiedAtMs),
    linkTarget: linkTarget ?? '',
  };
  return Buffer.from(JSON.stringify(wire)).toString('base64');
}

function toGoMode(mode: number): number {
  return (
    (mode & 0o777) +
    (GO_TYPES[mode & 0o170000] ?? 0) +
    ((mode & 0o4000) === 0 ? 0 : GO_SETUID) +
    ((mode & 0o2000) === 0 ? 0 : GO_SETGID) +
    ((mode & 0o1000) === 0 ? 0 : GO_STICKY)
  );
}

/** The other direction. Throws where the header is no base64 of JSON. */
export function fromWirePathStat(header: string): PathStat {
  const wire = toObject(JSON.parse(Buffer.from(header, 'base64').toString()));
  const { linkTarget } = wire;
  return {
    name: toText(wire['name']),
    sizeBytes: toNumber(wire['size']),
    mode: fromGoMode(toNumber(wire['mode'])),
    modifiedAtMs: fromWireTime(toText(wire['mtime'])),
    ...(typeof linkTarget === 'string' && linkTarget !== '' && { linkTarget }),
  };
}

const REGULAR = 0o100000;

/** Bits are taken out by division: the type of a directory is above what bit operators have. */
function fromGoMode(mode: number): number {
  const has = (bit: number): boolean => Math.floor(mode / bit) % 2 === 1;
  // A character device is a device with one bit more.
  const types = Object.entries(GO_TYPES).sort(([, a], [, b]) => b - a);
  const isType = (bits: number): boolean => (bits === 2 ** 26 + 2 ** 21 ? has(2 ** 26) && has(2 ** 21) : has(bits));
  const type = Number(types.find(([, bits]) => isType(bits))?.[0] ?? REGULAR);
  return (
    type +
    (mode % 0o1000) +
    (has(GO_SETUID) ? 0o4000 : 0) +
    (has(GO_SETGID) ? 0o2000 : 0) +
    (has(GO_STICKY) ? 0o1000 : 0)
  );
}
