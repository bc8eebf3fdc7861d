import { splitPair } from '../model/run-environment.js';

const WORD = /(?:[^\s'"\\]|\\.?|'[^']*'?|"(?:[^"\\]|\\.?)*"?)+/gs;
const PART = /'([^']*)'?|"((?:[^"\\]|\\.?)*)"?|\\(.?)/gs;

/** A line as a POSIX shell splits it, with quotes and backslashes but without expansions. An open quote ends at the end. */
export function splitWords(line: string): string[] {
  return (line.match(WORD) ?? []).map((word) =>
    word.replace(PART, (_, single?: string, double?: string, escaped?: string) => {
      return single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? '';
    }),
  );
}

/** The `key=value` words of a line; one without `=` has an empty value. */
export function splitPairs(line: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    splitWords(line).map((word) => {
      const [name, value = ''] = splitPair(word);
      return [name, value];
    }),
  );
}
