import { EngineError } from '../../model/errors.js';

/** The query of a request, read as dockerd reads it. */
export interface Query {
  /** Undefined where it is not given, or empty. */
  text(name: string): string | undefined;
  all(name: string): readonly string[];
  /** Everything but nothing, `0`, `no`, `false` and `none` is true. */
  isOn(name: string): boolean;
  /** Throws invalid-argument. */
  integer(name: string): number | undefined;
}

const OFF: readonly string[] = ['', '0', 'no', 'false', 'none'];

export function createQuery(parameters: URLSearchParams): Query {
  const text = (name: string): string | undefined => parameters.get(name) || undefined;
  return {
    text,
    all: (name) => parameters.getAll(name),
    isOn: (name) => !OFF.includes((parameters.get(name) ?? '').trim().toLowerCase()),
    integer: (name) => {
      const value = text(name);
      if (value === undefined) return undefined;
      if (/^[-+]?\d{1,15}$/.test(value)) return Number(value);
      throw new EngineError('invalid-argument', `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`);
    },
  };
}
