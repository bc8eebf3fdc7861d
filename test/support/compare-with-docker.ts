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

const IS_FULL = process.env['GANTRY_TEST_COMPARE'] === 'full';

/**
 * A test for each scenario: what both engines say differs for the reasons that it names, and for no other. Each takes half a minute of
 * CPU: of all that there are a run has the first `most`, and with GANTRY_TEST_COMPARE=full every one.
 */
export function compareWithDocker(scenarios: readonly NetworkScenario[], most: number): void {
  const isSkipped = (index: number): boolean => NEEDS.skip !== undefined || (!IS_FULL && index >= most);
  const engines: ComparedEngine[] = [];
  before(async () => {
    if (scenarios.every((_, index) => isSkipped(index))) return;
    const opened = await Promise.allSettled([openComparedDocker(), openComparedGantry()]);
    for (const one of opened) if (one.status === 'fulfilled') engines.push(one.value);
    for (const one of opened) if (one.status === 'rejected') throw one.reason;
  });
  after(async () => {
    await Promise.all(engines.map((engine) => engine.close()));
  });
  // Nothing of a scenario is left for the next, also where it has failed.
  afterEach(() => Promise.all(engines.map(({ clear }) => clear())));
  for (const [index, { title, commands, reasons }] of scenarios.entries()) {
    const skip = NEEDS.skip ?? (isSkipped(index) ? 'one of a sample: all with GANTRY_TEST_COMPARE=full' : false);
    test(`as dockerd: ${title}`, { skip }, async () => {
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
