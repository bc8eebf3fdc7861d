// crash-table.mjs RESULTS [DOCUMENT]: takes the results of a run (test/support/crash-results.ts) over into the table of docs/crashes.md, where the rows of cases that it has not tried, or that failed, stay, and says what ran.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [resultsFile, documentFile = fileURLToPath(new URL('../docs/crashes.md', import.meta.url))] =
  process.argv.slice(2);
const [BEGIN, END] = ['<!-- table -->', '<!-- end of the table -->'];
const HEAD = [
  '| operation | storage | killed | at, of its calls | ended before it was done | next engine: done / undone | run of |',
  '|---|---|---|---|---|---|---|',
];

function readRows(text) {
  const lines = text.slice(text.indexOf(BEGIN), text.indexOf(END)).split('\n');
  const rows = lines.filter((line) => line.startsWith('| ') && !HEAD.includes(line));
  return new Map(rows.map((line) => [line.split(' | ').slice(0, 3).join(' | '), line]));
}

function toRow({ operation, storage, killed, calls, points, ended, done }, date) {
  const cells = [
    `\`${operation}\``,
    storage,
    killed,
    `${points} of ${calls}`,
    ended,
    `${done} / ${points - done}`,
    date,
  ];
  return `| ${cells.join(' | ')} |`;
}

const date = new Date().toISOString().slice(0, 10);
const text = readFileSync(documentFile, 'utf8');
const lines = readFileSync(resultsFile, 'utf8').split('\n');
const told = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
// A run that goes on after another tries again what has failed.
const results = [...new Map(told.map((one) => [`${one.operation} ${one.storage} ${one.killed}`, one])).values()];
const rows = readRows(text);
const whole = results.filter(({ failures }) => failures.length === 0);
for (const result of whole) {
  const row = toRow(result, date);
  rows.set(row.split(' | ').slice(0, 3).join(' | '), row);
}
const table = [BEGIN, '', ...HEAD, ...rows.values(), '', ''].join('\n');
writeFileSync(documentFile, text.slice(0, text.indexOf(BEGIN)) + table + text.slice(text.indexOf(END)));

for (const { operation, storage, killed, failures } of results) {
  for (const message of failures) process.stdout.write(`failed: ${operation} on ${storage}, ${killed}: ${message}\n`);
}
const sum = (field) => results.reduce((total, result) => total + result[field], 0);
const operations = new Set(results.map(({ operation, storage }) => `${operation} ${storage}`)).size;
process.stdout.write(
  `crash lane: ${operations} operations, ${results.length} of ${rows.size} cases, ${results.length - whole.length} of them failed; ${sum('points')} of ${sum('calls')} points tried, ` +
    `${sum('ended')} of them ended it early; the next engine found it done ${sum('done')} times and undone ${sum('points') - sum('done')} times\n`,
);
