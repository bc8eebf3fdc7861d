import { createEndpointAddresses } from '../../../src/engine/networks/endpoint-addresses.js';
import { createNetworkStore } from '../../../src/engine/networks/network-store.js';
import { openStateDatabase } from '../../../src/engine/state/state-database.js';
import { takeEndpoint } from '../network-world.js';

// A process of its own that puts containers into a network: ROOT NETWORK COUNT. Begins when its input ends; prints the addresses.
const [root = '', name = '', count = ''] = process.argv.slice(2);
const database = openStateDatabase(root);
const addresses = createEndpointAddresses(database);
const network = createNetworkStore(database).resolve(name);
process.stdout.write('ready\n');
for await (const _ of process.stdin) break;
const taken = Array.from({ length: Number(count) }, () => takeEndpoint({ database, addresses }, network).ipAddress);
process.stdout.write(`${taken.join('\n')}\n`);
database.close();
