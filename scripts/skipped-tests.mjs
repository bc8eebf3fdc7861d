// A second reporter of node:test: says at the end how many tests were skipped, by reason.

export default async function* reportSkipped(source) {
  const counts = new Map();
  for await (const event of source) {
    if (event.type !== 'test:pass' || event.data.skip === undefined) continue;
    const reason = typeof event.data.skip === 'string' && event.data.skip !== '' ? event.data.skip : 'no reason given';
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  yield total === 0 ? 'no test was skipped\n' : `${total} skipped:\n`;
  for (const [reason, count] of counts) yield `  ${count} ${reason}\n`;
}
