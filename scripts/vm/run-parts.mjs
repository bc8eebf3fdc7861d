// run-parts.mjs [--until EPOCH_S] [--folder FOLDER] [-t PATTERN] (--list FILE | NAME…): runs compiled tests, two parts at a time in their
// order, and says at its end what was covered. A part is a file, or those of its tests whose titles match (tests.txt). With `--until` a part
// that would not have ended by then is left out, and one that has not is given up: both are told, and neither is a failure.

import { readFileSync } from 'node:fs';
import { release, uptime } from 'node:os';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import reportSkipped from '../skipped-tests.mjs';

/** How long a boot takes where the seconds of tests.txt were taken. */
const BOOT_S = 12;

const { values, positionals } = parseArgs({
  options: {
    until: { type: 'string', default: 'Infinity' },
    folder: { type: 'string', default: 'dist/test' },
    titles: { type: 'string', short: 't' },
    list: { type: 'string' },
  },
  allowPositionals: true,
});
const untilMs = Number(values.until) * 1000;
const startMs = Date.now();
const waiting = values.list === undefined ? positionals.map((file) => toPart(0, file, values.titles)) : readList();
const count = waiting.length;
const ended = [];
const givenUp = [];
const skips = [];
const totals = { passed: 0, failed: 0, skipped: 0 };
/** Seconds that were declared of what has run, and that it took: the boot is the first such measure. */
const pace = { declared: BOOT_S, taken: process.env.GANTRY_VM === '1' ? uptime() : BOOT_S };
const end = new AbortController();
if (Number.isFinite(untilMs)) setTimeout(() => end.abort(), Math.max(untilMs - startMs, 0)).unref();

await Promise.all([runLane(), runLane()]);
for await (const text of reportSkipped(Readable.from(skips))) process.stdout.write(text);
const left = [
  tell(
    'no time for',
    waiting.map(({ title, seconds }) => `${title} (${seconds} s)`),
  ),
  tell('given up for want of time', givenUp),
];
process.stdout.write(
  `virtual machine: Linux ${release()}: ${ended.length} of ${count} parts in ${toSeconds(startMs)} s, ${totals.passed} tests passed, ` +
    `${totals.failed} failed, ${totals.skipped} skipped${left.join('')}\n`,
);
process.exit(totals.failed > 0 ? 1 : 0);

async function runLane() {
  for (let part = takeNext(); part !== undefined; part = takeNext()) {
    await runPart(part);
  }
}

/** The first of those that can still end in time. */
function takeNext() {
  const slower = pace.taken / pace.declared;
  const index = waiting.findIndex(({ seconds }) => Date.now() + seconds * slower * 1000 < untilMs);
  return index < 0 ? undefined : waiting.splice(index, 1)[0];
}

async function runPart({ title, file, titles, seconds }) {
  const beganMs = Date.now();
  const path = `${values.folder}/${file}.test.js`;
  const tests = run({
    files: [path],
    timeout: Number(process.env.TEST_TIMEOUT_MS ?? 300_000),
    execArgv: ['--import', './scripts/test-deadline.mjs'],
    signal: end.signal,
    ...toPatterns(titles),
  });
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const lines = Readable.from(watch(tests, path, counts)).compose(new Spec());
  for await (const text of lines) process.stdout.write(text);
  const isEmpty = Object.values(counts).every((one) => one === 0);
  if (isEmpty && !end.signal.aborted) {
    process.stdout.write(`✖ ${title}: no such test\n`);
    counts.failed = 1;
  }
  for (const name of Object.keys(totals)) totals[name] += counts[name];
  if (end.signal.aborted) return givenUp.push(title);
  process.stdout.write(`== ${title}: ${toSeconds(beganMs)} s\n`);
  ended.push(title);
  if (seconds > 0) {
    pace.declared += seconds;
    pace.taken += toSeconds(beganMs);
  }
}

/** The events of one part until there is no time, without the sums of each. */
async function* watch(tests, path, counts) {
  for await (const event of tests) {
    if (end.signal.aborted) return;
    const { type, data } = event;
    // A file without a test counts as one.
    if (type === 'test:pass' && resolve(data.name) === resolve(path)) continue;
    if (type === 'test:pass' && data.skip !== undefined) skips.push(event);
    if (type === 'test:pass' || type === 'test:fail') counts[toOutcome(type, data)]++;
    if (
      type === 'test:diagnostic' &&
      /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)
    )
      continue;
    yield event;
  }
}

/** `!PATTERN`: all but those. node:test tries a pattern with the names of parents too, so that a regular expression cannot say that. */
function toPatterns(titles) {
  if (titles === undefined) return {};
  const isWithout = titles.startsWith('!');
  const pattern = new RegExp(isWithout ? titles.slice(1) : titles);
  return isWithout ? { testSkipPatterns: [pattern] } : { testNamePatterns: [pattern] };
}

function toOutcome(type, { skip }) {
  if (type === 'test:fail') return 'failed';
  return skip === undefined ? 'passed' : 'skipped';
}

function readList() {
  const lines = readFileSync(values.list, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, seconds, file, titles] = /^(\d+) (\S+)(?: (.+))?$/.exec(line) ?? [];
    return seconds === undefined ? [] : [toPart(Number(seconds), file, titles)];
  });
}

function toPart(seconds, name, titles) {
  const file = name.replace(/^test\//, '');
  return { title: titles === undefined ? file : `${file} ${titles}`, file, titles, seconds };
}

function tell(words, titles) {
  return titles.length === 0 ? '' : `; ${words}: ${titles.join(', ')}`;
}

function toSeconds(sinceMs) {
  return Math.round((Date.now() - sinceMs) / 1000);
}
