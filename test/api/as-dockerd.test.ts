import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { compareLines } from '../support/compare-lines.js';
import { DAEMON_REASONS, DAEMON_SCENARIOS, findDaemonReason } from '../support/daemon-scenarios.js';
import { type DockerDoor, openDockerd, openGantryDaemon } from '../support/docker-doors.js';
import { requires } from '../support/requires.js';
import { toStableLines } from '../support/stable-lines.js';

const needs = requires('root', 'overlay', 'command:busybox', 'command:dockerd', 'command:docker');

const doors: DockerDoor[] = [];

before(async () => {
  if (needs.skip === undefined) doors.push(...(await Promise.all([openDockerd(), openGantryDaemon()])));
});
after(() => Promise.all(doors.map(({ close }) => close())));

for (const { title, commands, reasons } of DAEMON_SCENARIOS) {
  test(`the client of Docker hears the same from both: ${title}`, needs, async () => {
    const [theirs = [], ours = []] = await Promise.all(doors.map((door) => play(door, commands)));
    const seen = new Set<string>();
    const unknown = commands.flatMap((command, index) =>
      compareLines(theirs[index] ?? [], ours[index] ?? []).flatMap((difference) => {
        const reason = findDaemonReason(command, difference);
        if (reason !== undefined) seen.add(reason);
        return reason === undefined ? `${command}: ${difference.side}: ${difference.line}` : [];
      }),
    );
    assert.equal(
      unknown.length,
      0,
      ['differences that nobody knows, left dockerd, right gantry', ...unknown].join('\n'),
    );
    assert.deepEqual([...seen].sort(), [...reasons].sort());
  });
}

test('every difference is seen somewhere, and docs/api.md justifies it', () => {
  const seen = new Set(DAEMON_SCENARIOS.flatMap(({ reasons }) => reasons));
  assert.deepEqual([...seen].sort(), DAEMON_REASONS.toSorted());
  const rows = readFileSync('docs/api.md', 'utf8').matchAll(/^\| ([^|\s-].*?) \|/gm);
  const [, ...titles] = [...rows].map(([, title = '']) => title);
  assert.deepEqual(titles.sort(), DAEMON_REASONS.toSorted());
});

async function play(door: DockerDoor, commands: readonly string[]): Promise<readonly (readonly string[])[]> {
  const steps: (readonly string[])[] = [];
  for (const command of commands) {
    const { code, stdout, stderr } = await door.sh(command);
    steps.push(toStableLines(`${stdout}\n${stderr}${code === 0 ? '' : `\nexit ${code}`}`));
  }
  return steps;
}
