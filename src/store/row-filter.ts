/** A filter as typed: a regular expression without regard to case, `!` in front turns it round; what is no expression is plain text. */
export function createRowFilter(filter: string): (text: string) => boolean {
  const isInverse = filter.startsWith('!');
  const pattern = isInverse ? filter.slice(1) : filter;
  if (pattern === '') return () => true;
  const matches = createMatcher(pattern);
  return isInverse ? (text) => !matches(text) : matches;
}

function createMatcher(pattern: string): (text: string) => boolean {
  try {
    const expression = new RegExp(pattern, 'i');
    return (text) => expression.test(text);
  } catch {
    // `(` or `[a` on the way to a whole expression.
    const lower = pattern.toLowerCase();
    return (text) => text.toLowerCase().includes(lower);
  }
}
