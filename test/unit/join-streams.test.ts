import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { test } from 'node:test';
import type { GivableSocket, HijackedConnection } from '../../src/api/server/hijack.js';
import { joinStreams } from '../../src/api/server/join-streams.js';
import type { AttachedStreams, HandOver } from '../../src/engine/engine.js';

const OPTIONS = { tty: true, isFramed: false, stdin: true, detachKeys: Uint8Array.of(16, 17) };
const NEVER = new Promise<never>(() => undefined);

/** A connection on which nothing comes but what is typed while it is handed over, and streams that say only `before`; both note what is done. */
function makeEnds(options: {
  readonly rest?: string | undefined;
  readonly takes: boolean;
  readonly hold?: Promise<void>;
}) {
  const done: string[] = [];
  const note = (what: string) => void done.push(what);
  const givable: GivableSocket = {
    descriptor: 7,
    flush: async () => note('flush'),
    hold: () => options.hold ?? Promise.resolve(),
    resume: () => note('resume'),
    takeRest: () => ('rest' in options && options.rest === undefined ? undefined : Buffer.from(options.rest ?? '')),
    leave: () => note('leave'),
  };
  const connection: HijackedConnection = {
    input: new PassThrough(),
    givable,
    write: async (bytes) => note(`write ${Buffer.from(bytes)}`),
    end: () => note('end'),
  };
  const handOver: HandOver = {
    begin: async ({ bytes, matchedKeys }) =>
      note(`begin ${JSON.stringify(Buffer.from(bytes).toString())} ${matchedKeys}`),
  };
  const streams: AttachedStreams = {
    output: Readable.from([{ stream: 'stdout', bytes: Buffer.from('before') }]),
    write: async (bytes) => note(`type ${Buffer.from(bytes)}`),
    closeStdin: async () => note('close'),
    resize: async () => note('resize'),
    detach: async () => note('detach'),
    handOver: async ({ prepare }) => {
      await prepare();
      return options.takes ? handOver : undefined;
    },
  };
  return { done, join: () => joinStreams(connection, streams, OPTIONS) };
}

test('what was typed meanwhile goes along, and the connection ends here alone', async () => {
  const { done, join } = makeEnds({ takes: true, rest: 'ls\x10' });
  await join();
  assert.deepEqual(done.slice(-3), ['flush', 'begin "ls" 1', 'leave']);
  assert.ok(done.indexOf('write before') < done.lastIndexOf('flush'));
  assert.ok(!done.includes('end'));
});

test('detach keys that were typed meanwhile detach', async () => {
  const { done, join } = makeEnds({ takes: true, rest: 'ls\x10\x11cd' });
  await join();
  assert.deepEqual(done.slice(-3), ['type ls', 'detach', 'end']);
});

test('what is not taken goes on here', async () => {
  const { done, join } = makeEnds({ takes: false });
  await join();
  assert.ok(done.includes('resume'));
  assert.deepEqual(done.slice(-1), ['end']);
});

test('output that ends is not held up by input of which the rest has not come', async () => {
  const { done, join } = makeEnds({ takes: false, hold: NEVER });
  await join();
  assert.deepEqual(done.slice(-1), ['end']);
});

test('a connection that has broken off is not given away', async () => {
  const { done, join } = makeEnds({ takes: true, rest: undefined });
  await join();
  assert.deepEqual(done.slice(-2), ['write before', 'flush']);
});
