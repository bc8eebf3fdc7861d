import assert from 'node:assert/strict';
import { Duplex, PassThrough } from 'node:stream';
import { test } from 'node:test';
import { createFrameDecoder, encodeFrame, STDOUT_FRAME } from '../../src/engine/isolation/attach-frames.js';
import { openMonitorClient } from '../../src/engine/isolation/monitor-client.js';
import { spawnMonitor } from '../../src/engine/isolation/monitor-process.js';
import { makeSpawner } from '../support/process-spawner.js';

/** Both ends of a connection, the client's and the one that plays the monitor. */
function connection() {
  const toClient = new PassThrough();
  const fromClient = new PassThrough();
  const stream = Duplex.from({ readable: toClient, writable: fromClient });
  return { toClient, fromClient, stream };
}

test('frames come out whole however the bytes are cut', () => {
  const bytes = Buffer.concat([
    encodeFrame(STDOUT_FRAME, 'hello'),
    encodeFrame(3),
    encodeFrame(2, Buffer.alloc(300, 1)),
  ]);
  for (const size of [1, 3, 8, 9, bytes.length]) {
    const decode = createFrameDecoder();
    const frames = [];
    for (let at = 0; at < bytes.length; at += size) frames.push(...decode(bytes.subarray(at, at + size)));
    assert.deepEqual(
      frames.map(({ type, payload }) => [type, payload.length]),
      [
        [1, 5],
        [3, 0],
        [2, 300],
      ],
    );
    assert.equal(frames[0]?.payload.toString(), 'hello');
  }
});

test('a length that cannot be is an error and not a wait for ever', () => {
  assert.throws(() => createFrameDecoder()(Buffer.from([1, 0, 0, 0, 0xff, 0, 0, 0])), /at most 16777216/);
});

test('a client says hello first and turns its calls into frames', async () => {
  const { fromClient, stream } = connection();
  const client = openMonitorClient(stream, { stdin: true, stderr: true });
  await client.write(Buffer.from('x'));
  await client.resize(80, 300);
  await client.closeStdin();
  const frames = createFrameDecoder()(fromClient.read() as Buffer).map(({ type, payload }) => [type, [...payload]]);
  assert.deepEqual(frames, [
    [9, [6]],
    [0, [120]],
    [5, [0, 80, 1, 44]],
    [4, []],
  ]);
});

test('answers go to the commands in their order, and the exit to whoever waits for it', async () => {
  const { toClient, stream } = connection();
  const client = openMonitorClient(stream, {});
  const first = client.signal(15);
  const second = client.setRestartPolicy({ name: 'on-failure', maxRetries: 3 });
  toClient.write(Buffer.concat([encodeFrame(3, '{"error":"ESRCH"}'), encodeFrame(3, '{"ok":true}')]));
  await assert.rejects(first, { kind: 'conflict' });
  await second;
  toClient.end(encodeFrame(3, '{"exit":{"event":"exit","exitCode":137,"signal":9,"oomKilled":true}}'));
  assert.deepEqual(await client.exit, { exitCode: 137, signal: 9, oomKilled: true });
});

test('a refusal has the words that the monitor has for it', async () => {
  const { toClient, stream } = connection();
  const client = openMonitorClient(stream, {});
  const refused = client.changeNetworks();
  const olderMonitor = client.changeNetworks();
  toClient.write(encodeFrame(3, '{"error":"ENOENT","message":"cannot write \\"1\\" to net/x"}'));
  toClient.write(encodeFrame(3, '{"error":"EIO"}'));
  await assert.rejects(refused, {
    kind: 'internal',
    message: 'failed to set up container networking: cannot write "1" to net/x: ENOENT',
  });
  await assert.rejects(olderMonitor, { message: "the container's monitor says EIO" });
});

test('an answer arrives although nobody reads the output before it', async () => {
  const { toClient, stream } = connection();
  const client = openMonitorClient(stream, { stdout: true });
  for (let i = 0; i < 64; i++) toClient.write(encodeFrame(1, Buffer.alloc(32_768, i)));
  toClient.write(encodeFrame(3, '{"ok":true}'));
  await client.signal(1);
  toClient.end();
  let bytes = 0;
  for await (const chunk of client.output) bytes += chunk.bytes.length;
  assert.equal(bytes, 64 * 32_768);
});

test('the source stands still while nobody reads the output, and nothing is lost', async () => {
  let produced = 0;
  const stream = new Duplex({
    read() {
      produced++;
      this.push(produced <= 256 ? encodeFrame(1, Buffer.alloc(32_768, produced)) : null);
    },
    write: (_bytes, _encoding, done) => done(),
  });
  const client = openMonitorClient(stream, { stdout: true });
  for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(produced < 32, `${produced} frames were taken from the source`);
  let bytes = 0;
  for await (const chunk of client.output) bytes += chunk.bytes.length;
  assert.equal(bytes, 256 * 32_768);
});

/** As the monitor answers, once it has been asked for a hand-over. */
async function answerOffer({ toClient, fromClient }: ReturnType<typeof connection>, answer: object): Promise<void> {
  const decode = createFrameDecoder();
  await new Promise<void>((resolve) => {
    fromClient.on('data', (bytes: Buffer) => {
      if (decode(bytes).some(({ type }) => type === 12)) resolve();
    });
  });
  toClient.write(Buffer.concat([encodeFrame(STDOUT_FRAME, 'before'), encodeFrame(3, JSON.stringify(answer))]));
}

const PREPARED = () => Promise.resolve();

test('a connection that the monitor takes ends the output behind what came before', async () => {
  const ends = connection();
  const client = openMonitorClient(ends.stream, { stdin: true, stdout: true });
  const taking = client.handOver({ descriptor: 7, isFramed: true }, PREPARED);
  await answerOffer(ends, { ok: true });
  const taken = await taking;
  const seen = [];
  for await (const { bytes } of client.output) seen.push(Buffer.from(bytes).toString());
  assert.deepEqual(seen, ['before']);
  const left = taken?.begin({ bytes: Buffer.from('typed'), matchedKeys: 1 });
  ends.toClient.write(encodeFrame(3, '{"left":"detached"}'));
  assert.equal(await left, 'detached');
});

test('a connection that the monitor refuses leaves everything as before', async () => {
  const ends = connection();
  const client = openMonitorClient(ends.stream, { stdin: true, stdout: true });
  const taking = client.handOver({ descriptor: 7, isFramed: true }, PREPARED);
  await answerOffer(ends, { error: 'ENOSYS' });
  assert.equal(await taking, undefined);
  ends.toClient.end(encodeFrame(STDOUT_FRAME, ' and after'));
  let seen = '';
  for await (const { bytes } of client.output) seen += Buffer.from(bytes).toString();
  assert.equal(seen, 'before and after');
});

test('a connection that ends fails the commands that wait', async () => {
  const { toClient, stream } = connection();
  const client = openMonitorClient(stream, {});
  const signal = client.signal(9);
  toClient.end();
  await assert.rejects(signal, { kind: 'conflict', message: "the container's monitor has ended" });
  assert.equal(await client.exit, undefined);
  client.close();
  await assert.rejects(client.write(Buffer.from('x')), { kind: 'conflict' });
  await assert.rejects(client.makeExitFinal(), { kind: 'conflict' });
});

test('a monitor that cannot be started, or ends without a word, is a failure with a reason', async (t) => {
  const plan = { settings: [], operations: [] };
  const missing = await (await spawnMonitor(makeSpawner(t, '/nowhere/gantry-init'))).start(plan).outcome;
  assert.ok('failed' in missing);
  assert.match(missing.failed.message, /cannot run it: spawn \/nowhere\/gantry-init ENOENT/);
  const silent = await (await spawnMonitor(makeSpawner(t, '/bin/false'))).start(plan).outcome;
  assert.deepEqual(silent, {
    failed: { operation: 'monitor', target: 'gantry-init', errno: '', message: 'ended without a word: exit code 1' },
  });
});
