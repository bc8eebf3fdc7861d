/** As Docker's lists are ordered: numbers in names by their value, `web2` before `web10`, the rest by its characters. */
export function compareNaturally(a: string, b: string): number {
  const [left, right] = [splitNumbers(a), splitNumbers(b)];
  for (const [at, one] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    const order = isNumber(one) && isNumber(other) ? compare(BigInt(one), BigInt(other)) : compare(one, other);
    if (order !== 0) return order;
  }
  return left.length - right.length || compare(a, b);
}

function splitNumbers(text: string): readonly string[] {
  return text.match(/\d+|\D/g) ?? [];
}

function isNumber(text: string): boolean {
  return /^\d/.test(text);
}

function compare<T extends string | bigint>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
