import { z } from 'zod/mini';
import { EngineError } from '../../model/errors.js';

/**
 * JSON as Go reads it into a struct: keys in any case, what is not known is ignored, and `null` is what was not given.
 */
export function goObject<S extends Readonly<Record<string, z.ZodMiniType>>>(shape: S) {
  const names = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  return z.pipe(
    z.transform((value: unknown) => (isObject(value) ? renameKeys(value, names) : value)),
    z.object(shape),
  );
}

export const goText = z.optional(z.string());
export const goBoolean = z.optional(z.boolean());
/** int64; what is above 2^53 is not exact, as for everybody who reads JSON with doubles. */
export const goInteger = z.optional(
  z.number().check(z.refine((value) => Number.isInteger(value) && Math.abs(value) <= 2 ** 63)),
);
export const goTexts = z.optional(z.array(z.string()));
/** A map; what is `null` in it is the empty text. */
export const goTextMap = z.optional(z.record(z.string(), goMember(z.string(), '')));
/** A set: `{"name": {}}`. */
export const goSet = z.optional(z.record(z.string(), goMember(z.looseObject({}), {})));
/** Rows and columns of a terminal: unsigned short of tty_ioctl(4). */
export const goSize = z.optional(z.array(z.number().check(z.int(), z.minimum(0), z.maximum(65_535))));
/** Docker's `strslice`: one text is a list of one. */
export const goTextOrTexts = z.optional(
  z.pipe(
    z.transform((value: unknown) => (typeof value === 'string' ? [value] : value)),
    z.array(z.string()),
  ),
);

/** `null` is the zero value of its type. */
export function goMember<T extends z.ZodMiniType>(type: T, zero: z.output<T>) {
  return z.pipe(
    z.transform((value: unknown): unknown => value ?? zero),
    type,
  );
}

/** Throws invalid-argument in the words of Go. */
export function readGoJson<T extends z.ZodMiniType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') ?? '';
  const found = describe(issue?.path.reduce(pick, value) ?? value);
  throw new EngineError(
    'invalid-argument',
    `invalid JSON: json: cannot unmarshal ${found} into Go struct field ${path}`,
  );
}

function renameKeys(value: object, names: ReadonlyMap<string, string>): object {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => {
      const name = names.get(key.toLowerCase());
      return name === undefined || field === null ? [] : [[name, field]];
    }),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member of that name, in any case of letters. */
function pick(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const wanted = String(key).toLowerCase();
  return Object.entries(value).find(([name]) => name.toLowerCase() === wanted)?.[1];
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  return value === undefined ? 'nothing' : typeof value;
}
