import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { startDockerd } from '../../bench/peers/dockerd.js';
import { compileProgram } from '../support/compile-program.js';
import { IS_FULL } from '../support/fuzz.js';
import { openGantry } from '../support/gantry.js';
import { findIsolationReason, ISOLATION_REASONS } from '../support/isolation-differences.js';
import { DESCRIBE, normalizeLines } from '../support/isolation-lines.js';
import { requires } from '../support/requires.js';
import { unpackTestRoot } from '../support/test-image.js';

const PROGRAMS = ['busybox', 'cc', 'dockerd', 'docker', 'unshare'] as const;
const needs =
  process.arch === 'x64'
    ? requires('root', 'overlay', ...PROGRAMS.map((name) => `command:${name}` as const))
    : { skip: 'needs x86_64' };

const MORE = ['SYS_ADMIN', 'SYS_PTRACE', 'NET_ADMIN', 'SYSLOG', 'SYS_TIME', 'SYS_MODULE', 'SYS_NICE'];
const CONTAINERS: readonly { readonly title: string; readonly flags: readonly string[] }[] = [
  { title: 'a default container', flags: [] },
  {
    title: 'a container without rights',
    flags: ['--user', '1000:1000', '--cap-drop', 'ALL', '--read-only', '--security-opt', 'no-new-privileges'],
  },
  { title: 'a container with more capabilities', flags: MORE.flatMap((name) => ['--cap-add', name]) },
];

type Run = (words: readonly string[]) => Promise<{ readonly stdout: string; readonly stderr: string }>;

const engines: { docker: Run; gantry: Run } = { docker: cannotRun, gantry: cannotRun };
const undos: (() => void | Promise<void>)[] = [];
const seen = new Set<string>();

function cannotRun(): never {
  throw new Error('no engine was started');
}

before(async () => {
  if (needs.skip !== undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'gantry-isolation-'));
  undos.push(() => rmSync(folder, { recursive: true, force: true }));
  const image = makeImage(folder);
  const gantry = openGantry();
  undos.unshift(gantry.close);
  const dockerd = await startDockerd(folder, basename(folder));
  if (dockerd === undefined) throw new Error('dockerd is not installed');
  undos.unshift(dockerd.close);
  const [docker, ...first] = dockerd.client;
  engines.gantry = gantry.run;
  engines.docker = (words) =>
    new Promise((resolve) => {
      execFile(docker, [...first, ...words], { maxBuffer: 1 << 26 }, (_, stdout, stderr) =>
        resolve({ stdout, stderr }),
      );
    });
  await Promise.all([engines.docker, engines.gantry].map((run) => run(['import', image, 'describe'])));
});

after(async () => {
  for (const undo of undos) await undo();
});

/** Busybox with the programs that describe what is around them. */
function makeImage(folder: string): string {
  const [root, tar] = [join(folder, 'image'), join(folder, 'image.tar')];
  mkdirSync(root);
  unpackTestRoot(root);
  for (const applet of ['awk', 'cut', 'find', 'grep', 'sed']) symlinkSync('busybox', join(root, 'bin', applet));
  for (const name of ['filter-answers', 'kernel-files']) compileProgram(name, join(root, 'bin'), '-static');
  writeFileSync(join(root, 'bin/describe'), DESCRIBE);
  chmodSync(join(root, 'bin/describe'), 0o755);
  execFileSync('tar', ['-C', root, '-cf', tar, '.']);
  return tar;
}

/** Without a network: what interfaces show is compared elsewhere, line by line. */
async function describeContainer(run: Run, flags: readonly string[]): Promise<readonly string[]> {
  const words = ['run', '--rm', '--network', 'none', '--hostname', 'compared', ...flags];
  const { stdout, stderr } = await run([...words, 'describe', '/bin/describe']);
  const lines = normalizeLines(stdout);
  for (const topic of ['status', 'limits', 'mount', 'device', 'descriptors', 'sysctl', 'filter']) {
    assert.ok(
      lines.some((line) => line.startsWith(`${topic}: `)),
      `nothing on ${topic}: ${stderr}`,
    );
  }
  return lines;
}

for (const [index, { title, flags }] of CONTAINERS.entries()) {
  const skip = needs.skip ?? (index > 0 && !IS_FULL ? 'one of a sample: all with GANTRY_TEST_SECURITY=full' : false);
  test(`${title} is isolated as one of dockerd: what differs has a reason`, { skip }, async (t) => {
    const [theirs, ours] = await Promise.all([
      describeContainer(engines.docker, flags),
      describeContainer(engines.gantry, flags),
    ]);
    t.diagnostic(`${ours.length} facts of the container compared`);
    const [own, other] = [new Set(ours), new Set(theirs)];
    const differences = [
      ...theirs.filter((line) => !own.has(line)).map((line) => ({ side: 'docker', line }) as const),
      ...ours.filter((line) => !other.has(line)).map((line) => ({ side: 'gantry', line }) as const),
    ];
    const unknown = differences.filter(({ side, line }) => {
      const reason = findIsolationReason(side, line);
      if (reason !== undefined) seen.add(reason);
      return reason === undefined;
    });
    assert.deepEqual(unknown, []);
  });
}

test('every difference from a container of dockerd is seen, and docs/security.md justifies it', needs, () => {
  const text = readFileSync('docs/security.md', 'utf8').split(/^## /m);
  const table = text.find((part) => part.startsWith('Compared with Docker')) ?? '';
  const titles = Array.from(table.matchAll(/^\| ([^|\s-].*?) \|/gm), ([, title]) => title);
  assert.deepEqual(titles.sort(), ISOLATION_REASONS.toSorted());
  assert.deepEqual([...seen].sort(), ISOLATION_REASONS.toSorted());
});
