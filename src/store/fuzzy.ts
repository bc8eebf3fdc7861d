/**
 * How well a text has the characters of a query, in their order and without regard to case: 0 is best, higher is worse; undefined where it
 * does not have them. What stands together, at the begin of the text or of a word, is better.
 */
export function fuzzyDistance(query: string, text: string): number | undefined {
  const wanted = [...query.toLowerCase()].filter((character) => character !== ' ');
  const lower = text.toLowerCase();
  let distance = 0;
  let from = 0;
  for (const [i, character] of wanted.entries()) {
    const at = lower.indexOf(character, from);
    if (at < 0) return undefined;
    const isAtWord = at === 0 || /[^\p{L}\p{N}]/u.test(lower[at - 1] ?? '');
    const skipped = at - from;
    if (isAtWord) distance += i === 0 ? Math.min(at, 3) : Math.min(skipped, 1);
    else if (i === 0 || skipped > 0) distance += skipped + 2;
    from = at + character.length;
  }
  return distance;
}
