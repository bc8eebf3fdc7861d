import { startUi } from '../../src/ui/start-ui.js';
import { FakeEngine } from './fake-engine.js';

/** Shows the screen over the fake engine in this terminal: `node dist/test/support/ui-demo.js [containers [fail]]`. */
const count = Number(process.argv[2] ?? 12);
const engine = new FakeEngine();
const names = ['web', 'db', 'worker', 'cache', 'api', '数据库', 'queue', 'mailer', 'proxy', 'search'];
for (let i = 0; i < count; i++) {
  const name = i < names.length ? names[i] : `${names[i % names.length]}-${i}`;
  await engine.add(
    {
      ...(name === undefined ? {} : { name }),
      limits: i % 3 === 0 ? { memoryBytes: 256 * 2 ** 20, nanoCpus: 1e9 } : {},
      command: i % 5 === 4 ? ['sh', '-c', 'echo ended; exit 3'] : ['sleep', '1000'],
    },
    i % 11 !== 10,
  );
}
for (let i = 0; i < 60; i++) {
  engine.containers.find('web').run.onOutput('stdout', `GET /api/items/${i} 200 ${i % 9}ms\n`);
}
if (process.argv[3] === 'fail') {
  setTimeout(() => {
    throw new Error('made to fail');
  }, 500);
}
await startUi(engine, {
  stdin: process.stdin,
  stdout: process.stdout,
  env: { ...process.env, HOME: undefined, XDG_CONFIG_HOME: undefined },
});
process.exit(0);
