import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { CRASH_CASES, type CrashCase } from './crash-cases.js';
import { crashMode } from './system-calls.js';

/** What came of a case. */
export interface CrashResult extends CrashCase {
  /** The calls of the process that change something, and at how many of them it was ended. */
  readonly calls: number;
  readonly points: number;
  /** How often it was ended before it had done its work; Node's threads make the n-th call another one at times. */
  readonly ended: number;
  /** What the next engine found: the operation done, or nothing of it. */
  readonly done: number;
}

/** Where the rows of docs/crashes.md come from: scripts/crash-table.mjs reads it. */
const FILE = process.env['GANTRY_TEST_CRASH_RESULTS'];

export function tellCrashes(t: TestContext, result: CrashResult): void {
  const { operation, storage, killed } = result;
  const isKnown = CRASH_CASES.some(
    (one) => one.operation === operation && one.storage === storage && one.killed === killed,
  );
  assert.ok(isKnown, `${operation} on ${storage}, ${killed}: no case of crash-cases.ts`);
  const { points, calls, done } = result;
  t.diagnostic(
    `${operation} on ${storage}: ${killed} killed at ${points} of ${calls} calls, ${done} times it was done (${crashMode.text})`,
  );
  if (FILE !== undefined && !crashMode.isSample && points > 0) appendFileSync(FILE, `${JSON.stringify(result)}\n`);
}
