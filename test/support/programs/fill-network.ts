import { openLocalEngine } from '../../../src/engine/local-engine.js';

// A process of its own that starts and removes containers in a network, ten at a time: OPTIONS NETWORK ROUNDS. Begins when its input
// says so; prints how often it saw an address twice, and how many containers it had.
const [options = '', network = '', rounds = ''] = process.argv.slice(2);
const engine = await openLocalEngine(JSON.parse(options));
process.stdout.write('ready\n');
for await (const _ of process.stdin) break;
let twice = 0;
let had = 0;
for (let round = 0; round < Number(rounds); round++) {
  const ids = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const config = { image: 'busybox', command: ['sleep', '1000'], networks: [{ network }], namespaces: { network } };
      const { id } = await engine.containers.create(config);
      await engine.containers.start(id);
      return id;
    }),
  );
  const { members } = await engine.networks.inspect(network);
  const addresses = members.map(({ ipv4Address }) => ipv4Address);
  twice += addresses.length - new Set(addresses).size;
  had += ids.filter((id) => members.some(({ containerId }) => containerId === id)).length;
  await Promise.all(ids.map((id) => engine.containers.remove(id, { force: true })));
}
await engine.close();
process.stdout.write(`${twice} ${had}\n`);
