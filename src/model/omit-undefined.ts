/** The object without the fields that are undefined, so that it fits exact optional properties. */
export function omitUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** Undefined for a list without elements: the field that it is for is left out. */
export function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Undefined for an object without fields. */
export function nonEmptyRecord<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}
