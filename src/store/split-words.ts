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
