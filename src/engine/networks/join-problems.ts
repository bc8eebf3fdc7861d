/** Several sentences as one text, as Docker's API has them: one stands alone, more are a list. */
export function joinProblems(problems: readonly string[]): string {
  if (problems.length === 1) return problems[0]?.trim() ?? '';
  return problems.map((problem) => `* ${problem.replaceAll('\n', '\n\t')}`).join('\n');
}
