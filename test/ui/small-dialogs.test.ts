import { type TestContext, test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';

/** The smallest screen that has frames, with three containers of long names. */
async function openSmall(t: TestContext): Promise<UiScreen> {
  const engine = new FakeEngine();
  for (const name of ['a-web', 'b-web', 'c-web']) await engine.add({ name: `${name}-${'x'.repeat(30)}` });
  const screen = startUiScreen(engine, { columns: 40, rows: 10 });
  t.after(() => screen.close());
  await screen.waitFor('c-web');
  return screen;
}

test('the run form shows the field that has the cursor, and its keys, on few rows', async (t) => {
  const { press, waitFor } = await openSmall(t);
  press('R');
  await waitFor(/▸ name[\s\S]*↵ run/);
  press('\x1b[Z', '\x1b[Z');
  await waitFor(/▸ remove[\s\S]*↵ run/);
});

test('a question has its answers in sight, however long it is', async (t) => {
  const { press, waitFor } = await openSmall(t);
  press('\x01', 'D');
  await waitFor(/Remove by force +│\n│ c-web-x+[\s\S]*…[\s\S]*↵ y remove by force {3}esc n keep it/);
});

test('several columns are listed on few rows', async (t) => {
  const { press, waitFor } = await openSmall(t);
  press('C');
  await waitFor(/NAME[\s\S]*STATE[\s\S]*CPU%[\s\S]*space on\/off/);
});
