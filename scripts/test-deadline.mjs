// Loaded into every test file's process: one that has not ended by its deadline says what it waits for and fails,
// where node:test would wait for ever. The timer alone keeps no process alive.

const deadlineMs = Number(process.env.TEST_DEADLINE_MS ?? 600_000);

if (process.env.NODE_TEST_CONTEXT !== undefined) {
  setTimeout(() => {
    const waiting = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`${process.argv[1]} has not ended within ${deadlineMs / 1000} s; still there: ${waiting}\n`);
    process.exit(1);
  }, deadlineMs).unref();
}
