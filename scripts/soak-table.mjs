// Takes the results of a run (test/system/soak.test.ts) over into the tables of docs/soak.md and says what ran. Of a run that did not get to its end there are the samples.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DOCUMENT = fileURLToPath(new URL('../docs/soak.md', import.meta.url));
const [BEGIN, END] = ['<!-- tables -->', '<!-- end of the tables -->'];
const MEBIBYTE = 2 ** 20;
/** A longer run has so many rows, which are spread over it. */
const MOST_ROWS = 21;

const toRow = (cells) => `| ${cells.join(' | ')} |`;
const toMebibytes = (bytes) => (bytes / MEBIBYTE).toFixed(1);

function formatCounts(samples, busy) {
  const [first, last] = [samples[0], samples.at(-1)];
  const names = Object.keys(first.counts);
  return [
    toRow([
      '',
      'at the begin',
      'in the middle of a piece, at most',
      'at the end',
      'samples that differ from the first',
    ]),
    '|---|---|---|---|---|',
    ...names.map((name) => {
      const differing = samples.filter(({ counts }) => counts[name] !== first.counts[name]).length;
      return toRow([name, first.counts[name], busy?.[name] ?? '', last.counts[name], differing]);
    }),
  ];
}

function formatSamples(samples) {
  const step = Math.max(1, Math.ceil((samples.length - 1) / (MOST_ROWS - 1)));
  const rows = samples.filter((_, index) => index % step === 0 || index === samples.length - 1);
  const toCells = ({ cycles, seconds, daemon, screen, diskBytes, databaseBytes, machine }) => [
    cycles,
    Math.round(seconds),
    ...[daemon, screen].flatMap(({ live, resident, proportional }) => [live, resident, proportional].map(toMebibytes)),
    ...[diskBytes, databaseBytes, machine.slabBytes].map(toMebibytes),
    machine.memoryCgroups,
  ];
  return [
    '| cycles | s | daemon: live | RSS | PSS | screen: live | RSS | PSS | disk used | of it the database | slab of the machine | memory cgroups of the machine |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map((sample) => toRow(toCells(sample))),
  ];
}

function formatRun({ cycles, commands, logBytes, ways, place, left }) {
  const list = Object.entries(ways).map(([way, count]) => `\`${way}\` ${count}`);
  return [
    `${cycles} cycles, ${commands} of them by commands, ${(logBytes / 1e9).toFixed(2)} GB of logs; ${place}.`,
    '',
    `By what was done: ${list.join('; ')}.`,
    '',
    left.length === 0 ? 'All came back.' : `Not as in the beginning: ${left.join('; ')}.`,
  ];
}

const rows = readFileSync(process.argv[2], 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));
const samples = rows.flatMap(({ sample }) => sample ?? []);
const end = rows.find((row) => row.end !== undefined)?.end;
if (samples.length === 0) throw new Error('the run ended before its first sample');

const text = readFileSync(DOCUMENT, 'utf8');
const tables = [
  ...[BEGIN, ''],
  ...(end === undefined ? ['The run did not get to its end.'] : formatRun(end)),
  ...['', ...formatCounts(samples, end?.busy), '', 'Between the pieces; MiB where no other unit is named:', ''],
  ...[...formatSamples(samples), '', ''],
].join('\n');
writeFileSync(DOCUMENT, text.slice(0, text.indexOf(BEGIN)) + tables + text.slice(text.indexOf(END)));

const { cycles, seconds } = samples.at(-1);
const names = Object.keys(samples[0].counts);
const back = names.filter((name) => samples.every(({ counts }) => counts[name] === samples[0].counts[name])).length;
const whole =
  end === undefined
    ? 'the run did not get to its end'
    : end.left.length === 0
      ? 'nothing left'
      : `left: ${end.left.join('; ')}`;
process.stdout.write(
  `soak: ${cycles} cycles in ${Math.round(seconds)} s, ${cycles - (end?.commands ?? 0)} by the API and ${end?.commands ?? 0} by commands; ` +
    `${((end?.logBytes ?? 0) / 1e6).toFixed(1)} MB of logs; ${samples.length} samples, in all of which ${back} of ${names.length} counts are those of the first; ${whole}\n`,
);
