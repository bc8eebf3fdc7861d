import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { CRASH_CASES, type CrashCase } from './crash-cases.js';
import { type CrashPoint, crashMode } from './system-calls.js';

/** What came of one point. */
export interface Found {
  /** It was ended before it had done its work; Node's threads make the n-th call another one at times. */
  readonly wasEnded: boolean;
  /** The next engine found the operation done, not undone. */
  readonly isDone: boolean;
}

/** What came of the points of a case. */
export interface Tried {
  readonly found: readonly Found[];
  readonly failures: readonly Error[];
}

/** A row of docs/crashes.md, as scripts/crash-table.mjs reads it. */
interface CrashRow extends CrashCase {
  readonly calls: number;
  readonly points: number;
  readonly ended: number;
  readonly done: number;
  readonly failures: readonly string[];
}

const FILE = process.env['GANTRY_TEST_CRASH_RESULTS'];

/** After so many nothing is learnt from the others. */
const MOST_FAILURES = 3;

/** A point that fails does not keep the others from being tried. */
export async function tryPoints(
  points: readonly CrashPoint[],
  attempt: (point: CrashPoint) => Promise<Found>,
): Promise<Tried> {
  const found: Found[] = [];
  const failures: Error[] = [];
  for (const point of points) {
    try {
      found.push(await attempt(point));
    } catch (error) {
      failures.push(error instanceof Error ? error : new Error(String(error)));
    }
    if (failures.length === MOST_FAILURES) break;
  }
  return { found, failures };
}

/** False for what this run does not ask for, or has tried before it was ended: scripts/crash.sh goes on there. */
export function isLeft({ operation, storage, killed }: CrashCase): boolean {
  if (!crashMode.isTried(operation)) return false;
  return !readRows().some(
    (row) => row.operation === operation && row.storage === storage && row.killed === killed && !row.failures.length,
  );
}

/** Tells what came of a case, and fails where one of its points has. */
export function tellCrashes(t: TestContext, tried: CrashCase & Tried & { readonly calls: number }): void {
  const { operation, storage, killed, calls, found, failures } = tried;
  const isKnown = CRASH_CASES.some(
    (one) => one.operation === operation && one.storage === storage && one.killed === killed,
  );
  assert.ok(isKnown, `${operation} on ${storage}, ${killed}: no case of crash-cases.ts`);
  const count = (is: (one: Found) => boolean): number => found.filter(is).length;
  const row: CrashRow = {
    ...{ operation, storage, killed, calls, points: found.length },
    ended: count(({ wasEnded }) => wasEnded),
    done: count(({ isDone }) => isDone),
    failures: failures.map(({ message }) => message),
  };
  t.diagnostic(
    `${operation} on ${storage}: ${killed} killed at ${row.points} of ${calls} calls, ${row.done} times it was done (${crashMode.text})`,
  );
  const isTold = !crashMode.isSample && row.points + failures.length > 0;
  if (FILE !== undefined && isTold) appendFileSync(FILE, `${JSON.stringify(row)}\n`);
  const [first] = failures;
  if (failures.length === 1) throw first;
  if (failures.length > 1) throw new AggregateError(failures, row.failures.join('; '));
}

function readRows(): readonly CrashRow[] {
  if (FILE === undefined || !existsSync(FILE)) return [];
  const lines = readFileSync(FILE, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as CrashRow);
}
