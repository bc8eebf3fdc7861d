import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startLimited } from '../../src/platform/limited-process.js';
import { nativeProgram } from '../support/native-program.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitFor } from '../support/wait-for.js';

function prepare(t: TestContext, content = 'what is read') {
  const folder = makeTemporaryFolder(t);
  const [from, to] = [join(folder, 'from'), join(folder, 'to')];
  writeFileSync(from, content);
  return { helper: nativeProgram, from, to };
}

test('a program makes one file of another', async (t) => {
  const files = prepare(t);
  const copying = startLimited({ ...files, words: ['/bin/cat'], mostBytes: 1 << 20 });
  await copying.ended;
  assert.deepEqual(copying.end, { code: 0, signal: null });
  assert.equal(readFileSync(files.to, 'utf8'), 'what is read');
});

test('what gets longer than it may is ended there', async (t) => {
  const files = prepare(t, 'x'.repeat(100_000));
  const copying = startLimited({ ...files, words: ['/bin/cat'], mostBytes: 4096 });
  await copying.ended;
  assert.deepEqual(copying.end, { code: null, signal: 'SIGXFSZ' });
  assert.equal(statSync(files.to).size, 4096);
});

test('a program that cannot be run, or not with that, ends with 126', async (t) => {
  const files = prepare(t);
  const missing = startLimited({ ...files, words: ['/no/such/program'], mostBytes: 1 });
  await missing.ended;
  assert.equal(missing.end?.code, 126);
  const endless = startLimited({ ...files, to: `${files.to}.2`, words: ['/bin/cat'], mostBytes: Number.NaN });
  await endless.ended;
  assert.equal(endless.end?.code, 126);
});

test('a program is killed by who started it, and ends with it', async (t) => {
  const files = prepare(t);
  const sleeping = { ...files, words: ['/bin/sh', '-c', 'echo $$; exec sleep 1000'], mostBytes: 1 << 20 };
  const killed = startLimited(sleeping);
  killed.kill();
  await killed.ended;
  assert.equal(killed.end?.signal, 'SIGKILL');
  const to = `${files.to}.2`;
  const module = new URL('../../src/platform/limited-process.js', import.meta.url).href;
  const script = `(await import('${module}')).startLimited(${JSON.stringify({ ...sleeping, to })}); setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  t.after(() => parent.kill('SIGKILL'));
  const exited = once(parent, 'exit');
  const readPid = () => (existsSync(to) ? /^(\d+)\n$/.exec(readFileSync(to, 'utf8'))?.[1] : undefined);
  const pid = await waitFor('the program to run', readPid);
  assert.ok(existsSync(`/proc/${pid}`));
  parent.kill('SIGKILL');
  await exited;
  await waitFor('the program to end', () => !existsSync(`/proc/${pid}`));
});

test('a program gives way to who reads what it makes', async (t) => {
  const files = prepare(t);
  const telling = startLimited({ ...files, words: ['/bin/cat', '/proc/self/stat'], mostBytes: 1 << 20 });
  await telling.ended;
  // Field 19 of proc_pid_stat(5); the name in brackets is the second.
  const fields = readFileSync(files.to, 'utf8').split(') ')[1]?.split(' ') ?? [];
  assert.equal(Number(fields[16]), Math.min(getPriority() + 5, 19));
});
