const MOST = 20;

/** What a typed text may become: candidates that begin with it, then those that have it inside; never the text as it is. */
export function matchCandidates(text: string, candidates: Iterable<string>): readonly string[] {
  const all = [...new Set(candidates)].filter((candidate) => candidate !== text);
  const beginning = all.filter((candidate) => candidate.startsWith(text));
  const having = text === '' ? [] : all.filter((each) => !each.startsWith(text) && each.includes(text));
  return [...beginning, ...having].slice(0, MOST);
}

/** As a shell's tab key: the text as far as all completions agree; undefined where that is no further, or nothing was typed. */
export function extendText(text: string, completions: readonly string[]): string | undefined {
  const beginning = completions.filter((each) => each.startsWith(text));
  const [first] = beginning;
  if (text === '' || first === undefined) return undefined;
  let length = first.length;
  for (const other of beginning) while (!other.startsWith(first.slice(0, length))) length--;
  return length > text.length ? first.slice(0, length) : undefined;
}
