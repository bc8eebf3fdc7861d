import { parseDurationMs } from './durations.js';
import { EngineError } from './errors.js';
import { parseBytes } from './units.js';

/**
 * What a flag takes. `bool` takes nothing; `list` may be given again and again. The word is shown in the help, and
 * decides how the text is read.
 */
export type FlagKind = 'bool' | 'string' | 'list' | 'int' | 'uint' | 'bytes' | 'decimal' | 'duration';

/** One flag of a command: data for the parser, the help, the completion and the run form. */
export interface FlagSpec {
  /** Without dashes. */
  readonly long: string;
  /** One letter. */
  readonly short?: string;
  readonly kind: FlagKind;
  /** The word for the value in the help; the kind's own when absent. */
  readonly word?: string;
  readonly summary: string;
  /** The text of the default, for the help. */
  readonly fallback?: string;
  /** Values to offer in completion. */
  readonly choices?: readonly string[];
  readonly hidden?: boolean;
  /** A flag of Docker's that is not done: why, as the end of the sentence that refuses it. Neither in the help nor completed. */
  readonly refused?: string;
}

/** A flag of Docker's that is known and not done, with the reason. */
export function refuseFlag(long: string, kind: FlagKind, refused: string): FlagSpec {
  return { long, kind, summary: '', refused };
}

/** The sentence for the first flag that was given and is refused; undefined: none was. `--flag=false` asks for nothing. */
export function describeRefusal(specs: readonly FlagSpec[], values: FlagValues): string | undefined {
  const given = specs.find(({ long, refused }) => refused !== undefined && (values[long] ?? false) !== false);
  return given && `--${given.long} is not possible: ${given.refused}`;
}

/** What was typed: texts as they are, by long name; a flag that was not given is absent. */
export type FlagValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** A flag whose text cannot be read; `message` is Docker's sentence about it. */
export class FlagError extends EngineError {
  constructor(spec: FlagSpec, text: string, reason: string) {
    super('invalid-argument', `invalid argument "${text}" for "${formatFlagName(spec)}" flag: ${reason}`);
  }
}

/** `-m, --memory`. */
export function formatFlagName(spec: FlagSpec): string {
  return spec.short === undefined ? `--${spec.long}` : `-${spec.short}, --${spec.long}`;
}

/** Typed reading of flags by their specs. Reading throws FlagError where a text is not what the flag takes. */
export class Flags {
  readonly #specs: ReadonlyMap<string, FlagSpec>;
  readonly #values: FlagValues;

  constructor(specs: readonly FlagSpec[], values: FlagValues) {
    this.#specs = new Map(specs.map((spec) => [spec.long, spec]));
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  isSet(name: string): boolean {
    return this.#values[name] === true;
  }

  /** A flag that is on unless `=false` was given. */
  isOn(name: string): boolean {
    return this.#values[name] !== false;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    if (typeof value === 'string') {
      return [value];
    }
    return Array.isArray(value) ? value : [];
  }

  /** What `parse` makes of the text; undefined where the flag is not given. */
  read<T>(name: string, parse: (text: string) => T): T | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : this.parse(name, text, parse);
  }

  /** What `parse` makes of each value of a list. */
  readAll<T>(name: string, parse: (text: string) => T): readonly T[] {
    return this.list(name).map((text) => this.parse(name, text, parse));
  }

  int(name: string): number | undefined {
    return this.read(name, (text) => parseInteger(text, 'strconv.ParseInt'));
  }

  uint(name: string): number | undefined {
    return this.read(name, (text) => parseInteger(text, 'strconv.ParseUint'));
  }

  bytes(name: string): number | undefined {
    return this.read(name, parseBytes);
  }

  durationMs(name: string): number | undefined {
    return this.read(name, parseDurationMs);
  }

  parse<T>(name: string, text: string, parse: (text: string) => T): T {
    try {
      return parse(text);
    } catch (error) {
      const spec = this.#specs.get(name) ?? { long: name, kind: 'string', summary: '' };
      throw error instanceof EngineError ? new FlagError(spec, text, error.message) : error;
    }
  }
}

/** A whole number in decimal. Throws invalid-argument with the words of Go's `parser`. */
export function parseInteger(text: string, parser: 'strconv.ParseInt' | 'strconv.ParseUint' | 'strconv.Atoi'): number {
  const pattern = parser === 'strconv.ParseUint' ? /^\d+$/ : /^[-+]?\d+$/;
  if (!pattern.test(text)) {
    throw new EngineError('invalid-argument', `${parser}: parsing "${text}": invalid syntax`);
  }
  const number = Number(text);
  if (!Number.isSafeInteger(number)) {
    throw new EngineError('invalid-argument', `${parser}: parsing "${text}": value out of range`);
  }
  return number;
}
