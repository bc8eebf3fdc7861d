/** One challenge of a `WWW-Authenticate` header. RFC 9110, 11.6.1 */
export interface AuthChallenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** By names in lower case. A parameter that is there twice counts once, the first. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN_68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const SEPARATORS = /[ \t,]+/y;
const BLANKS = /[ \t]+/y;

/**
 * The challenges of a header, in its order. A header may hold several, each with parameters, all separated by commas: a word
 * that no `=` follows begins the next. Reading ends where the grammar does not hold; what was whole until there counts.
 */
export function parseChallenges(header: string): readonly AuthChallenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const scanner = scan(header);
  while (!scanner.isDone()) {
    scanner.take(SEPARATORS);
    const word = scanner.take(TOKEN);
    if (word === undefined) break;
    const current = challenges.at(-1);
    if (current !== undefined && scanner.take(EQUALS) !== undefined) {
      const value = scanner.takeGroup(QUOTED)?.replaceAll(/\\(.)/g, '$1') ?? scanner.take(TOKEN);
      if (value === undefined) break;
      const name = word.toLowerCase();
      if (!current.parameters.has(name)) current.parameters.set(name, value);
      continue;
    }
    challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
    if (scanner.take(BLANKS) !== undefined) scanner.take(TOKEN_68);
  }
  return challenges;
}

function scan(text: string) {
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    if (found !== undefined) at = pattern.lastIndex;
    return found;
  };
  return {
    isDone: () => at >= text.length,
    take: (pattern: RegExp): string | undefined => match(pattern)?.[0],
    takeGroup: (pattern: RegExp): string | undefined => match(pattern)?.[1],
  };
}
