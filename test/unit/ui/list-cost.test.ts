import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createWorkspace } from '../../../src/store/workspace.js';
import { KEYMAP } from '../../../src/ui/keymap.js';
import type { PaintContext } from '../../../src/ui/paint-context.js';
import { paintContainerList } from '../../../src/ui/panes/container-list.js';
import { createSessionsStore } from '../../../src/ui/sessions/sessions-store.js';
import { selectGlyphs } from '../../../src/ui/terminal/glyphs.js';
import { createTheme } from '../../../src/ui/terminal/theme.js';
import { FakeEngine } from '../../support/fake-engine.js';

/** How many readings of containers one frame of the list looks up. */
async function countLookups(t: TestContext, containers: number): Promise<number> {
  const engine = new FakeEngine();
  for (let i = 0; i < containers; i++) await engine.add({ name: `box-${i}` });
  const stop = new AbortController();
  t.after(() => stop.abort());
  const workspace = createWorkspace(engine, stop.signal);
  await workspace.sync.ready;
  let lookups = 0;
  const counting = new Proxy(workspace.stats.getState().histories, {
    get: (target, property) => {
      if (property === 'get') lookups++;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  workspace.stats.setState({ histories: counting });
  const context: PaintContext = {
    workspace,
    sessions: createSessionsStore(0),
    theme: createTheme('dark'),
    glyphs: selectGlyphs({}),
    bindings: KEYMAP,
    now: Date.now,
  };
  const frame = paintContainerList(context, true, 100, 20);
  assert.equal(frame.length, 20);
  return lookups;
}

test('a frame of the list costs as much with a thousand containers as with fifty', async (t) => {
  const few = await countLookups(t, 50);
  assert.ok(few > 17);
  assert.equal(await countLookups(t, 1000), few);
});
