/** A value as Go's fmt prints it with %v: `[a b]`, `map[k:v]`, `<nil>`. */
export function printValue(value: unknown): string {
  if (value === null || value === undefined) {
    return '<nil>';
  }
  if (Array.isArray(value)) {
    return `[${value.map(printValue).join(' ')}]`;
  }
  if (typeof value === 'object') {
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${fields.map(([key, field]) => `${key}:${printValue(field)}`).join(' ')}]`;
  }
  return String(value);
}

const VERB = /%([-+0# ]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/;
const VERBS = new RegExp(VERB, 'g');

/** Go's Sprintf for the verbs that formats use: %s %v %d %f %q %x %t %%, with width, `-`, `0` and precision. */
export function printFormatted(format: string, values: readonly unknown[]): string {
  let next = 0;
  const text = format.replaceAll(VERBS, (directive) => {
    const [, flags = '', width = '', precision, verb = ''] = VERB.exec(directive) ?? [];
    if (verb === '%') {
      return '%';
    }
    if (next >= values.length) {
      return `%!${verb}(MISSING)`;
    }
    const value = values[next];
    next += 1;
    return pad(formatVerb(verb, value, precision === undefined ? undefined : Number(precision)), flags, Number(width));
  });
  const extra = values.slice(next);
  return extra.length === 0
    ? text
    : `${text}%!(EXTRA ${extra.map((value) => `${typeName(value)}=${printValue(value)}`).join(', ')})`;
}

function formatVerb(verb: string, value: unknown, precision: number | undefined): string {
  switch (verb) {
    case 'v':
      return printValue(value);
    case 's':
      return printValue(value).slice(0, precision);
    case 'q':
      return JSON.stringify(printValue(value));
    case 't':
      return String(value === true);
    case 'd':
      return typeof value === 'number' ? String(Math.trunc(value)) : wrongVerb(verb, value);
    case 'f':
      return typeof value === 'number' ? value.toFixed(precision ?? 6) : wrongVerb(verb, value);
    case 'x':
      return typeof value === 'number' ? value.toString(16) : Buffer.from(printValue(value)).toString('hex');
    default:
      return wrongVerb(verb, value);
  }
}

function wrongVerb(verb: string, value: unknown): string {
  return `%!${verb}(${typeName(value)}=${printValue(value)})`;
}

function typeName(value: unknown): string {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? 'int' : 'float64';
  }
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function pad(text: string, flags: string, width: number): string {
  if (flags.includes('-')) {
    return text.padEnd(width);
  }
  return text.padStart(width, flags.includes('0') ? '0' : ' ');
}
