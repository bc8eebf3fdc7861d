import { EngineError } from './errors.js';

const BINARY_LETTERS = 'kmgtp';
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const DECIMAL_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/**
 * Bytes in a size such as `64m`, `1.5g`, `512KiB` or `4096`; every unit is a power of 1024, as in `docker run --memory`.
 * Throws invalid-argument with Docker's words.
 */
export function parseBytes(text: string): number {
  const end = text.search(/[^0-9.]*$/);
  const digits = text.slice(0, end);
  const suffix = text.slice(end).toLowerCase();
  if (!/^[0-9.]+$/.test(digits)) {
    throw new EngineError('invalid-argument', `invalid size: '${text}'`);
  }
  const number = parseDecimal(digits);
  const letters = suffix.startsWith(' ') ? suffix.slice(1) : suffix;
  const match = /^(?:([kmgtp]?)(?:i?b)?)$/.exec(letters);
  if (match === null || letters === 'ib') {
    throw new EngineError('invalid-argument', `invalid suffix: '${letters}'`);
  }
  const power = match[1] === undefined || match[1] === '' ? 0 : BINARY_LETTERS.indexOf(match[1]) + 1;
  return Math.floor(number * 1024 ** power);
}

function parseDecimal(digits: string): number {
  if (!/^(\d+\.?\d*|\.\d+)$/.test(digits)) {
    throw new EngineError('invalid-argument', `strconv.ParseFloat: parsing "${digits}": invalid syntax`);
  }
  return Number(digits);
}

/** Bytes with four significant digits and a power of 1024: `64MiB`, `1.5GiB`; what `docker stats` shows. */
export function formatBinaryBytes(bytes: number): string {
  return scale(bytes, 1024, { units: BINARY_UNITS, digits: 4 });
}

/** Bytes with a power of 1000: `4.27MB`; what `docker images` shows with 3 digits, and progress with 4. */
export function formatDecimalBytes(bytes: number, digits = 3): string {
  return scale(bytes, 1000, { units: DECIMAL_UNITS, digits });
}

/** The shortest form that `parseBytes` reads back to the same number: `64m`, `1536k`, `5000`. */
export function formatBytesFlag(bytes: number): string {
  for (let power = BINARY_LETTERS.length; power > 0; power -= 1) {
    const unit = 1024 ** power;
    if (bytes >= unit && bytes % unit === 0) {
      return `${bytes / unit}${BINARY_LETTERS[power - 1]}`;
    }
  }
  return String(bytes);
}

function scale(
  bytes: number,
  base: number,
  form: { readonly units: readonly string[]; readonly digits: number },
): string {
  let size = bytes;
  let index = 0;
  while (size >= base && index < form.units.length - 1) {
    size /= base;
    index += 1;
  }
  return `${formatSignificant(size, form.digits)}${form.units[index]}`;
}

/** Go's %.Ng for numbers that are not tiny: N significant digits, trailing zeros dropped, an exponent from 10^N on. */
function formatSignificant(value: number, digits: number): string {
  const short = value.toPrecision(digits);
  if (short.includes('e')) {
    const [mantissa, exponent] = Number(short).toExponential().split('e');
    return `${mantissa}e+${(exponent ?? '').replace('+', '').padStart(2, '0')}`;
  }
  return String(Number(short));
}
