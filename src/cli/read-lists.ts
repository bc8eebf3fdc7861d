import { splitCsvFields } from '../model/csv-fields.js';
import type { Flags } from '../model/flags.js';

/** The values of a flag that takes several of them each time, with commas between them. Throws FlagError. */
export function readLists(flags: Flags, name: string): readonly string[] {
  return flags.readAll(name, (text) => (text === '' ? [] : splitCsvFields(text))).flat();
}
