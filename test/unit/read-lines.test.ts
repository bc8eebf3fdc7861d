import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { readLines, readWholeLines } from '../../src/platform/read-lines.js';

const TEXT = 'ä\n\n語 two\r\nthree\nno end €';

test('lines are the same wherever the parts of a stream begin, in the middle of a character too', async () => {
  for (const size of [1, 2, 3, 7, 100]) {
    const bytes = Buffer.from(TEXT);
    const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    const stream = () => Readable.from(parts);
    const lines = await collect(readLines(stream()));
    assert.deepEqual(lines, ['ä\n', '\n', '語 two\r\n', 'three\n', 'no end €'], `parts of ${size} bytes`);
    assert.deepEqual(await collect(readWholeLines(stream())), ['ä', '', '語 two\r', 'three']);
  }
});

test('whoever reads no further ends the stream', async () => {
  const stream = Readable.from([Buffer.from('a\nb\n'), Buffer.from('c\n')]);
  for await (const line of readWholeLines(stream)) {
    assert.equal(line, 'a');
    break;
  }
  assert.equal(stream.destroyed, true);
});

async function collect(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const collected: string[] = [];
  for await (const line of lines) collected.push(line);
  return collected;
}
