/** What one of two texts has and the other has not, in the order of the lines. */
export interface LineDifference {
  readonly side: 'left' | 'right';
  readonly line: string;
}

/** All lines that are not in a longest sequence which both have. */
export function compareLines(left: readonly string[], right: readonly string[]): readonly LineDifference[] {
  const lengths = measure(left, right);
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0;
  const differences: LineDifference[] = [];
  for (let row = 0, column = 0; row < left.length || column < right.length; ) {
    const [mine, other] = [left[row], right[column]];
    if (mine === other) {
      row++;
      column++;
    } else if (other === undefined || (mine !== undefined && at(row + 1, column) >= at(row, column + 1))) {
      differences.push({ side: 'left', line: mine ?? '' });
      row++;
    } else {
      differences.push({ side: 'right', line: other });
      column++;
    }
  }
  return differences;
}

/** For each pair of places, how long a sequence of lines both have from there on. */
function measure(left: readonly string[], right: readonly string[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: left.length + 1 }, () => Array<number>(right.length + 1).fill(0));
  for (let row = left.length - 1; row >= 0; row--) {
    for (let column = right.length - 1; column >= 0; column--) {
      const [own, next] = [lengths[row], lengths[row + 1]];
      if (own === undefined || next === undefined) continue;
      const isSame = left[row] === right[column];
      own[column] = isSame ? (next[column + 1] ?? 0) + 1 : Math.max(next[column] ?? 0, own[column + 1] ?? 0);
    }
  }
  return lengths;
}
