import { test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen } from '../support/ui-screen.js';

const share = (someAvg10: number) => ({ someAvg10, fullAvg10: 0 });

test('the header tells what waits on the host, and that the mouse is off before what has less room', async (t) => {
  const engine = new FakeEngine({ hostPressure: { cpu: share(0.44), memory: share(0), io: share(12.3) } });
  await engine.add({ name: 'web' });
  const screen = startUiScreen(engine);
  t.after(() => screen.close());
  await screen.waitFor(/cpu 0\.\d\d\/2 {2}mem \S+ │ psi c0\.4 m0\.0 i12\.3/);
  screen.resize(120, 40);
  await screen.waitFor('psi cpu 0.4 mem 0.0 io 12.3');
  screen.resize(60, 16);
  screen.press('M');
  await screen.waitFor(/M mouse off/);
});
