/**
 * The schema, one step a version. A step that has landed is never edited. Tables whose
 * rows are records (record-table.ts) have `id`, `version` and `document`, and columns of their own only for what is looked up.
 */
export const STATE_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE containers (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE, status TEXT NOT NULL, created_at_ms INTEGER NOT NULL
  );
  CREATE INDEX containers_by_status ON containers (status);
  CREATE TABLE execs (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,
    container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE
  );
  CREATE INDEX execs_by_container ON execs (container_id);
  CREATE TABLE images (id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL);
  CREATE TABLE image_references (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,
    image_id TEXT NOT NULL REFERENCES images (id)
  );
  CREATE INDEX image_references_by_image ON image_references (image_id);
  CREATE TABLE layers (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,
    parent TEXT REFERENCES layers (id)
  );
  CREATE INDEX layers_by_parent ON layers (parent);
  CREATE TABLE volumes (id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL);
  CREATE TABLE networks (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, document TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE
  );
  CREATE TABLE events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, document TEXT NOT NULL);
  CREATE INDEX events_by_time ON events (at_ms);
  CREATE TABLE settings (id TEXT PRIMARY KEY, value TEXT NOT NULL);
  `,
  `
  CREATE TABLE content_leases (
    lease TEXT NOT NULL, digest TEXT NOT NULL, owner TEXT NOT NULL, is_writer INTEGER NOT NULL,
    PRIMARY KEY (lease, digest)
  );
  CREATE INDEX content_leases_by_digest ON content_leases (digest);
  `,
  // Addresses of networks, each given once: to a container, or kept (gateway, auxiliary, the first and last) where there is no
  // container. An IPv6 address stands in its shortest form. Containers were in networks by name alone before.
  `
  CREATE TABLE endpoint_addresses (
    network_id TEXT NOT NULL REFERENCES networks (id) ON DELETE CASCADE, address TEXT NOT NULL,
    container_id TEXT REFERENCES containers (id) ON DELETE CASCADE, endpoint_id TEXT,
    PRIMARY KEY (network_id, address)
  ) WITHOUT ROWID;
  CREATE INDEX endpoint_addresses_by_container ON endpoint_addresses (container_id);
  UPDATE containers SET document = json_set(document, '$.config.networks', (
    SELECT json_group_array(json_object('network', value)) FROM json_each(containers.document, '$.config.networks')
  )) WHERE json_type(document, '$.config.networks') = 'array';
  UPDATE containers SET document = json_set(document, '$.networks', (
    SELECT json_group_array(json(json_set(
      value, '$.endpointId', lower(hex(randomblob(32))),
      '$.attachment', json_object('network', json_extract(value, '$.networkName'))
    ))) FROM json_each(containers.document, '$.networks')
  )) WHERE json_array_length(document, '$.networks') > 0;
  UPDATE containers SET document = json_set(document, '$.networks', json_array(json_object(
    'networkId', '', 'networkName', 'bridge', 'endpointId', lower(hex(randomblob(32))),
    'attachment', json_object('network', 'bridge')
  ))) WHERE coalesce(json_extract(document, '$.config.namespaces.network'), 'default') IN ('default', 'bridge')
    AND json_array_length(document, '$.networks') = 0;
  `,
  // Ports of the host that lead to containers; `0.0.0.0` and `::` take in all addresses of their family.
  `
  CREATE TABLE published_ports (
    protocol TEXT NOT NULL, host_ip TEXT NOT NULL, host_port INTEGER NOT NULL,
    container_id TEXT NOT NULL REFERENCES containers (id) ON DELETE CASCADE, container_port INTEGER NOT NULL,
    PRIMARY KEY (protocol, host_port, host_ip)
  ) WITHOUT ROWID;
  CREATE INDEX published_ports_by_container ON published_ports (container_id);
  `,
];
