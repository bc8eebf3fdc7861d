import { printFormatted, printValue } from './go-print.js';

export type TemplateFunction = (...values: readonly unknown[]) => unknown;

/** The functions of Go's templates and those that Docker adds. What they throw is put behind Go's "error calling". */
export const TEMPLATE_FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  and: (...values) => values.find((value) => !isTruth(value)) ?? values.at(-1),
  or: (...values) => values.find(isTruth) ?? values.at(-1),
  not: (value) => !isTruth(value),
  len: lengthOf,
  index: (value, ...keys) => keys.reduce<unknown>(indexOne, value),
  slice: (value, from, to) => sliceOf(value, Number(from ?? 0), to === undefined ? undefined : Number(to)),
  print: (...values) => printAll(values),
  println: (...values) => `${values.map(printValue).join(' ')}\n`,
  printf: (format, ...values) => printFormatted(String(format), values),
  eq: (first, ...others) => others.some((other) => compare(first, other) === 0),
  ne: (a, b) => compare(a, b) !== 0,
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
  json: (value) => JSON.stringify(value === undefined ? null : value),
  split: (text, separator) => String(text).split(String(separator)),
  join: (list, separator) => listOf(list).map(printValue).join(String(separator)),
  title: (text) => String(text).replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  lower: (text) => String(text).toLowerCase(),
  upper: (text) => String(text).toUpperCase(),
  pad: (text, before, after) => (text === '' ? '' : `${' '.repeat(Number(before))}${text}${' '.repeat(Number(after))}`),
  truncate: (text, length) => String(text).slice(0, Number(length)),
};

/** False for what Go takes as empty: false, 0, an empty text, list or map, and nil. */
export function isTruth(value: unknown): boolean {
  if (Array.isArray(value)) {
    return value.length > 0;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.keys(value).length > 0;
  }
  return Boolean(value);
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') {
    return Buffer.byteLength(value);
  }
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? value.length : Object.keys(value).length;
  }
  if (value === null) {
    return 0;
  }
  throw new Error(`len of type ${typeof value}`);
}

function indexOne(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    if (typeof key !== 'number' || key < 0 || key >= value.length) {
      throw new Error(
        typeof key === 'number' ? `index out of range: ${key}` : `cannot index slice/array with type ${typeof key}`,
      );
    }
    return value[key];
  }
  if (typeof value === 'string') {
    return typeof key === 'number' ? value.charCodeAt(key) : undefined;
  }
  if (typeof value === 'object' && value !== null) {
    return (value as Readonly<Record<string, unknown>>)[String(key)] ?? '';
  }
  throw new Error(
    value === null || value === undefined ? 'index of untyped nil' : `can't index item of type ${typeof value}`,
  );
}

function sliceOf(value: unknown, from: number, to: number | undefined): unknown {
  if (typeof value === 'string' || Array.isArray(value)) {
    if (to !== undefined && to > value.length) {
      throw new Error(`index out of range: ${to}`);
    }
    return value.slice(from, to);
  }
  throw new Error(`can't slice item of type ${typeof value}`);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) {
    return [];
  }
  if (!Array.isArray(value)) {
    throw new Error(`wrong type for value; expected []string; got ${typeof value}`);
  }
  return value;
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') {
    return a - b;
  }
  if (typeof a !== typeof b) {
    throw new Error('incompatible types for comparison');
  }
  const [left, right] = [String(a), String(b)];
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : 1;
}

/** Sprint: spaces only between two values of which neither is a text. */
function printAll(values: readonly unknown[]): string {
  return values
    .map((value, index) => {
      const previous = values[index - 1];
      const spaced = index > 0 && typeof value !== 'string' && typeof previous !== 'string';
      return `${spaced ? ' ' : ''}${printValue(value)}`;
    })
    .join('');
}
