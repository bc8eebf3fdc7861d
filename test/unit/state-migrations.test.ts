import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseContainerRecord } from '../../src/engine/containers/container-record.js';
import { STATE_MIGRATIONS } from '../../src/engine/state/migrations.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import { openMigratedDatabase } from '../../src/platform/schema.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

test('a container of the schema without networks is read with its attachments', (t) => {
  const root = makeTemporaryFolder(t);
  const old = openMigratedDatabase(join(root, 'state.db'), 'the state database', STATE_MIGRATIONS.slice(0, 2));
  const insert = (id: string, namespaces: object, networks: object[], names?: string[]) => {
    const document = {
      id,
      state: { status: 'created' },
      config: { image: 'x', namespaces, networks: names },
      networks,
    };
    const sql = 'INSERT INTO containers (id, version, document, name, status, created_at_ms) VALUES (?, 1, ?, ?, ?, 0)';
    old.run(sql, id, JSON.stringify(document), id, 'created');
  };
  insert('host', { network: 'host' }, [{ networkId: '1', networkName: 'host' }]);
  insert('plain', {}, []);
  insert('named', { network: 'bridge' }, [], ['bridge']);
  insert('joined', { network: 'container:x' }, []);
  old.close();

  const database = openStateDatabase(root);
  t.after(() => database.close());
  const read = (id: string) => {
    const row = database.get('SELECT document FROM containers WHERE id = ?', id);
    return parseContainerRecord(JSON.parse(String(row?.['document'])));
  };
  const [host] = read('host').networks;
  assert.deepEqual(host?.attachment, { network: 'host' });
  assert.equal(host.networkId, '1');
  assert.match(host.endpointId, /^[0-9a-f]{64}$/);
  assert.equal(read('plain').networks[0]?.networkName, 'bridge');
  assert.equal(read('plain').config.networks, undefined);
  assert.notEqual(read('plain').networks[0]?.endpointId, read('named').networks[0]?.endpointId);
  assert.deepEqual(read('named').config.networks, [{ network: 'bridge' }]);
  assert.deepEqual(read('joined').networks, []);
});
