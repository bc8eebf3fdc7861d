/** Numbers from a seed, always the same ones: mulberry32. */
export type Random = (below: number) => number;

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[random(values.length)];
  if (value === undefined) throw new Error('nothing to choose from');
  return value;
}

const BYTES = [0, 1, 0x0a, 0x20, 0x22, 0x2e, 0x2f, 0x30, 0x5c, 0x7b, 0x7f, 0x80, 0xc0, 0xff];

/** Bytes that are much like one of the corpus, and changed in a few places. */
export function mutateBytes(random: Random, corpus: readonly Buffer[]): Buffer {
  let bytes = Buffer.from(pick(random, corpus));
  for (let changes = 1 + random(4); changes > 0; changes--) bytes = changeBytes(random, bytes, corpus);
  return bytes;
}

function changeBytes(random: Random, bytes: Buffer<ArrayBuffer>, corpus: readonly Buffer[]): Buffer<ArrayBuffer> {
  const at = random(bytes.length + 1);
  const length = random(2) === 0 ? 1 + random(8) : random(600);
  switch (random(7)) {
    case 0:
      if (at < bytes.length) bytes[at] = pick(random, BYTES);
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + length))]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(length, pick(random, BYTES)), bytes.subarray(at)]);
    default: {
      const other = pick(random, corpus);
      const from = random(other.length + 1);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at)]);
    }
  }
}

const TEXTS = [
  '',
  '\0',
  '../../../../etc/passwd',
  '/proc/self/fd/7',
  '__proto__',
  'constructor',
  '\u001b]0;title\u0007',
  '\ud800',
  'sha256:',
  `sha256:${'a'.repeat(64)}`,
  '-1',
  '0x0',
  '1e999',
  'x'.repeat(5000),
  'a:'.repeat(2000),
  '\n',
];
const NUMBERS = [0, -1, 1, 0.5, 2 ** 31, 2 ** 53, 2 ** 63, 2 ** 64, -(2 ** 63), 1e300, Number.MAX_VALUE];

/** Of what is repeated, characters. */
const SIZE = 50_000;

/** A JSON document that is much like one of the corpus, with values, members and depths that do not belong. */
export function mutateJson(random: Random, corpus: readonly unknown[]): unknown {
  let document: unknown = structuredClone(pick(random, corpus));
  for (let changes = 1 + random(3); changes > 0; changes--) document = changeValue(random, document, corpus);
  return document;
}

/** Some value of the document becomes another one. */
function changeValue(random: Random, value: unknown, corpus: readonly unknown[]): unknown {
  if (random(6) > 0 && Array.isArray(value) && value.length > 0) {
    const at = random(value.length);
    return value.map((each, index) => (index === at ? changeValue(random, each, corpus) : each));
  }
  if (random(6) > 0 && isObject(value) && Object.keys(value).length > 0) {
    const name = pick(random, Object.keys(value));
    return Object.fromEntries(
      Object.entries(value).map(([each, old]) => [each, each === name ? changeValue(random, old, corpus) : old]),
    );
  }
  return replaceValue(random, value, corpus);
}

function replaceValue(random: Random, value: unknown, corpus: readonly unknown[]): unknown {
  switch (random(9)) {
    case 0:
      return null;
    case 1:
      return pick(random, TEXTS);
    case 2:
      return pick(random, NUMBERS);
    case 3:
      return random(2) === 0;
    case 4:
      return sizeOf(value) > SIZE ? value : [value, value];
    case 5:
      return Object.fromEntries([[pick(random, TEXTS), value]]);
    case 6:
      return Array.from({ length: 1 + random(Math.max(1, SIZE / sizeOf(value))) }, () => value);
    case 7:
      return nest(value, 1 + random(2000));
    default:
      return pick(random, corpus);
  }
}

function sizeOf(value: unknown): number {
  return (JSON.stringify(value) ?? '').length + 1;
}

function nest(value: unknown, depth: number): unknown {
  let nested = value;
  for (let at = 0; at < depth; at++) nested = at % 2 === 0 ? [nested] : { x: nested };
  return nested;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
