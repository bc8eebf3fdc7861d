import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { makeEngineWorld } from './engine-world.js';
import { type CommandResult, runCommand } from './run-command.js';

/** Command lines in this process, on a real engine of their own. */
export interface CommandWorld {
  readonly engine: Engine;
  readonly run: (...words: readonly string[]) => Promise<CommandResult>;
  /** What a command that must succeed prints, without the line feed at its end. */
  readonly print: (...words: readonly string[]) => Promise<string>;
}

/** Nothing of it is left when the test has ended: no container, no network. */
export async function makeCommandWorld(t: TestContext): Promise<CommandWorld> {
  const engine = { ...(await makeEngineWorld(t).open()), close: () => Promise.resolve() };
  const run: CommandWorld['run'] = (...words) => runCommand(engine, words);
  const print: CommandWorld['print'] = async (...words) => {
    const { code, stdout, stderr } = await run(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
    return stdout.trimEnd();
  };
  // With a network's programs: the image of other worlds has a shell and little more.
  await engine.images.addEmbedded('busybox');
  return { engine, run, print };
}
