import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { EngineError } from '../../src/model/errors.js';
import type { EngineSwitch } from '../../src/ui/engine-switch.js';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';
import { waitUntil } from '../support/wait-until.js';

interface ContextWorld {
  readonly screen: UiScreen;
  readonly closed: readonly Engine[];
  readonly here: FakeEngine;
  readonly there: FakeEngine;
}

/** The engine of this host with a container, another one with one, and one that does not answer. */
async function openWorld(t: TestContext): Promise<ContextWorld> {
  const [here, there] = [new FakeEngine(), new FakeEngine()];
  await here.add({ name: 'near' });
  await there.add({ name: 'far' });
  const closed: Engine[] = [];
  const engines: EngineSwitch = {
    readContexts: () =>
      Promise.resolve({
        contexts: [
          { name: 'default', description: 'The engine of this process' },
          { name: 'gone', description: '', host: 'tcp://gone:2375' },
          { name: 'prod', description: '', host: 'ssh://prod' },
        ],
        current: 'default',
      }),
    open: (context) => {
      if (context === 'gone')
        return Promise.reject(new EngineError('unavailable', 'cannot connect to tcp://gone:2375'));
      return Promise.resolve(context === 'prod' ? there : here);
    },
    close: (engine) => {
      closed.push(engine);
      return Promise.resolve();
    },
  };
  const screen = startUiScreen(here, { columns: 120, rows: 40, engines });
  t.after(() => screen.close());
  await screen.waitFor('▸near');
  return { screen, closed, here, there };
}

test('another engine takes the place of the one that is shown, which is let go', async (t) => {
  const { screen, closed, here, there } = await openWorld(t);
  screen.press('Q');
  await screen.waitFor(/▸ default +shown now/);
  screen.press('j', 'j', '\r');
  await screen.waitFor(/gantry[^\n]*prod[\s\S]*▸far/);
  assert.doesNotMatch(await screen.text(), /near/);
  assert.deepEqual(closed, [here]);
  await waitUntil('nobody follows the first one', () => here.followers === 0);
  // Both ways, and the keys are those of the engine in front.
  screen.press('K');
  await screen.waitFor('Send to far');
  screen.press('\x1b');
  await screen.waitFor(/^(?![\s\S]*Send to)/);
  screen.press('Q');
  await screen.waitFor(/▸ prod +shown now/);
  screen.press('k', 'k', '\r');
  await screen.waitFor('▸near');
  assert.deepEqual(closed, [here, there]);
  await waitUntil('nobody follows the second one', () => there.followers === 0);
});

test('an engine that cannot be opened is said, and the one that is shown stays', async (t) => {
  const { screen, closed } = await openWorld(t);
  screen.press('Q');
  await screen.waitFor(/▸ default/);
  screen.press('j', '\r');
  await screen.waitFor('gone: cannot connect to tcp://gone:2375');
  await screen.waitFor('▸near');
  assert.deepEqual(closed, []);
});

test('one that opens and cannot be read is let go again', async (t) => {
  const { screen, closed, there } = await openWorld(t);
  there.containers.list = () => Promise.reject(new EngineError('unavailable', 'it went away'));
  screen.press('Q');
  await screen.waitFor(/▸ default/);
  screen.press('j', 'j', '\r');
  await screen.waitFor('prod: it went away');
  await screen.waitFor('▸near');
  assert.deepEqual(closed, [there]);
});

test('shells of the engine that is left are asked about', async (t) => {
  const { screen } = await openWorld(t);
  screen.press('e');
  await screen.waitFor('[near]');
  screen.press('\x1d', 'Q');
  await screen.waitFor(/▸ default/);
  screen.press('j', 'j', '\r');
  await screen.waitFor('Go to the engine of prod and end the shell in near?');
  screen.press('n');
  await screen.waitFor(/near(?![\s\S]*Go to)/);
  screen.press('Q');
  await screen.waitFor(/▸ default/);
  screen.press('j', 'j', '\r');
  await screen.waitFor('Go to the engine of prod and end the shell in near?');
  screen.press('y');
  await screen.waitFor('▸far');
});
