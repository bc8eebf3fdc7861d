import { EngineError } from '../../model/errors.js';

/** The values of Docker's filters by name: of `--filter`, and of the query `filters`. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/** True where no value was given, or one fits. */
export function matchesAny(filters: Filters, name: string, fits: (value: string) => boolean): boolean {
  return filters.get(name)?.some(fits) ?? true;
}

/** True where every `label=key` or `label=key=value` fits. */
export function matchesLabels(filters: Filters, labels: Readonly<Record<string, string>>): boolean {
  return (filters.get('label') ?? []).every((text) => {
    const index = text.indexOf('=');
    const key = index < 0 ? text : text.slice(0, index);
    return Object.hasOwn(labels, key) && (index < 0 || labels[key] === text.slice(index + 1));
  });
}

/** A regular expression where it is one, else the text itself, anywhere in `subject`. */
export function matchesPattern(pattern: string, subject: string): boolean {
  try {
    return new RegExp(pattern).test(subject);
  } catch {
    // What is no regular expression is looked for as it stands, as Docker does.
    return subject.includes(pattern);
  }
}

/** `true`, `1` and their opposites. Throws invalid-argument. */
export function parseSwitch(name: string, value: string): boolean {
  if (/^(true|1)$/i.test(value)) {
    return true;
  }
  if (/^(false|0)$/i.test(value)) {
    return false;
  }
  throw new EngineError('invalid-argument', `invalid filter '${name}=[${value}]'`);
}
