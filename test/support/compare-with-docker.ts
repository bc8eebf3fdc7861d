import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { compareLines } from './compare-lines.js';
import { type ComparedEngine, openComparedDocker, openComparedGantry } from './compared-engines.js';
import { playCommands } from './engine-transcript.js';
import { findReason, type Reason } from './network-differences.js';
import type { NetworkScenario } from './network-scenarios.js';
import { requires } from './requires.js';

const PROGRAMS = ['busybox', 'ip', 'nsenter', 'unshare', 'dockerd', 'docker'] as const;
const NEEDS = requires('root', 'overlay', ...PROGRAMS.map((name) => `command:${name}` as const));

/** A test for each scenario: what both engines say differs for the reasons that it names, and for no other. */
export function compareWithDocker(scenarios: readonly NetworkScenario[]): void {
  const engines: ComparedEngine[] = [];
  before(async () => {
    if (NEEDS.skip !== undefined) return;
    const opened = await Promise.allSettled([openComparedDocker(), openComparedGantry()]);
    for (const one of opened) if (one.status === 'fulfilled') engines.push(one.value);
    for (const one of opened) if (one.status === 'rejected') throw one.reason;
  });
  after(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
  });
  // Nothing of a scenario is left for the next, also where it has failed.
  afterEach(() => Promise.all(engines.map(({ clear }) => clear())));
  for (const { title, commands, reasons } of scenarios) {
    test(`as dockerd: ${title}`, NEEDS, async () => {
      const [theirs = [], ours = []] = await Promise.all(engines.map((engine) => playCommands(engine, commands)));
      const seen = new Set<Reason>();
      const unknown = theirs.flatMap(({ command, lines }, index) =>
        compareLines(lines, ours[index]?.lines ?? []).flatMap((difference) => {
          const reason = findReason(command, difference);
          if (reason !== undefined) seen.add(reason);
          return reason === undefined ? `${command}: ${difference.side}: ${difference.line}` : [];
        }),
      );
      assert.equal(
        unknown.length,
        0,
        ['differences that nobody knows, left docker, right gantry', ...unknown].join('\n'),
      );
      assert.deepEqual([...seen].sort(), [...reasons].sort());
    });
  }
}
