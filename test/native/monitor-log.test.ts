import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { STDIN } from '../support/attach-client.js';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';

interface LogLine {
  readonly log: string;
  readonly stream: string;
  readonly time: string;
}

const SETTINGS = [
  ['clone', 'pid', 'mnt'],
  ['stdin', 'open'],
] as const;

function parseLog(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

/** The log file after `cat` has written the pieces, each of them a read of its own for the monitor. */
async function logOf(t: TestContext, pieces: readonly (Buffer | string)[]): Promise<string> {
  const monitor = startMonitor(t, { command: ['cat'], settings: SETTINGS, firstClient: STDIN | 1 });
  let length = 0;
  for (const piece of pieces) {
    monitor.firstClient?.send(0, piece);
    length += Buffer.byteLength(piece);
    await monitor.firstClient?.waitForOutput('');
    while ((monitor.firstClient?.output(1).length ?? 0) < length) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  monitor.firstClient?.send(4);
  await monitor.waitForEnd();
  return readFileSync(join(monitor.folder, 'log'), 'utf8');
}

test('a line is as json-file writes it', requires('root'), async (t) => {
  const text = await logOf(t, [
    'plain "quoted" back\\slash <tag> & tab\t bell\x07 del\x7f é 日本 😀 \u2028\u2029 cr\r\n',
  ]);
  assert.match(
    text,
    /^\{"log":"plain \\"quoted\\" back\\\\slash \\u003ctag\\u003e \\u0026 tab\\u0009 bell\\u0007 del\x7f é 日本 😀 \\u2028\\u2029 cr\\r\\n","stream":"stdout","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"\}\n$/,
  );
});

test('bytes that are not UTF-8 become one replacement each, as in Go', requires('root'), async (t) => {
  const bytes = [0x41, 0xff, 0xc0, 0x80, 0xe2, 0x82, 0x42, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0x43, 0xf5, 0xc3];
  const text = await logOf(t, [Buffer.from([...bytes, 0x0a])]);
  const escaped = text.slice(text.indexOf('"log":"') + 7, text.indexOf('","stream"'));
  const u = '\\ufffd';
  assert.equal(escaped, `A${u}${u}${u}${u}${u}B${u}${u}${u}${u}${u}${u}C${u}${u}\\n`);
});

test('a character whose bytes come in two reads is whole', requires('root'), async (t) => {
  const euro = Buffer.from('€');
  const text = await logOf(t, [Buffer.concat([Buffer.from('a'), euro.subarray(0, 1)]), euro.subarray(1), 'b\n']);
  assert.deepEqual(
    parseLog(text).map((line) => line.log),
    ['a€b\n'],
  );
});

test('a long line is written in parts of 16 KiB, without dividing a character', requires('root'), async (t) => {
  const line = `${'x'.repeat(16383)}é${'y'.repeat(20000)}\n`;
  const parts = parseLog(await logOf(t, [line])).map((part) => part.log);
  assert.equal(parts.join(''), line);
  assert.equal(parts[0], 'x'.repeat(16383));
  assert.equal(Buffer.byteLength(parts[1] ?? ''), 16384);
  assert.equal(parts.length, 3);
});

test('the beginning of a line that never ends is written at the end', requires('root'), async (t) => {
  const lines = parseLog(await logOf(t, ['one\n', 'two', ' and more']));
  assert.deepEqual(
    lines.map((line) => line.log),
    ['one\n', 'two and more'],
  );
});

test('both streams are in the log, each with its name', requires('root'), async (t) => {
  const monitor = startMonitor(t, {
    command: ['sh', '-c', 'echo out; echo err >&2; printf half; printf "part\n" >&2'],
  });
  await monitor.waitForEnd();
  const lines = parseLog(readFileSync(join(monitor.folder, 'log'), 'utf8'));
  const of = (stream: string) => lines.filter((line) => line.stream === stream).map((line) => line.log);
  assert.deepEqual(of('stdout'), ['out\n', 'half']);
  assert.deepEqual(of('stderr'), ['err\n', 'part\n']);
  assert.equal(statSync(join(monitor.folder, 'log')).mode & 0o777, 0o640);
});

test('a hundred thousand lines of odd bytes come back from the log', requires('root'), async (t) => {
  const monitor = startMonitor(t, {
    command: ['sh', '-c', 'i=0; while [ $i -lt 200 ]; do seq -f "%g \\\\ \\" <&> €ü" 1 500; i=$((i+1)); done'],
  });
  await monitor.waitForEnd();
  const lines = parseLog(readFileSync(join(monitor.folder, 'log'), 'utf8'));
  const expected = Array.from({ length: 100_000 }, (_, index) => `${(index % 500) + 1} \\ " <&> €ü\n`);
  assert.equal(lines.length, expected.length);
  assert.equal(lines.map((line) => line.log).join(''), expected.join(''));
});

test('the log is rotated at its size and keeps the named number of files', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['seq', '1', '20000'], logRotation: [300_000, 3] });
  await monitor.waitForEnd();
  const path = join(monitor.folder, 'log');
  const kept = [`${path}.2`, `${path}.1`, path].map((file) => readFileSync(file, 'utf8'));
  assert.equal(existsSync(`${path}.3`), false);
  const numbers = parseLog(kept.join('')).map((line) => Number(line.log));
  assert.equal(numbers.at(-1), 20_000);
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => 20_000 - numbers.length + 1 + index),
  );
  for (const text of kept.slice(0, 2)) {
    assert.ok(text.length >= 300_000 && text.length < 300_200, `${text.length} bytes`);
  }
});

test('a reader that holds the file and then opens the path again sees every line', requires('root'), async (t) => {
  const settings = [['clone', 'pid', 'mnt']] as const;
  const command = ['sh', '-c', 'for i in $(seq 1 400); do echo $i; sleep 0.002; done'];
  const monitor = startMonitor(t, { command, settings, logRotation: [4000, 20] });
  await monitor.readStatus();
  const { followLog } = await import('../support/follow-log.js');
  const text = await followLog(join(monitor.folder, 'log'), () =>
    monitor.journal().some((line) => line.event === 'exit'),
  );
  assert.deepEqual(
    parseLog(text).map((line) => Number(line.log)),
    Array.from({ length: 400 }, (_, index) => index + 1),
  );
});
