import type { ContainerEndpoint } from '../../model/container.js';
import { canFollow, isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId, ImageId } from '../../model/ids.js';
import type { Database } from '../../platform/database.js';
import type { ContainerFilter } from '../engine.js';
import type { EventBus } from '../events/event-bus.js';
import { releaseAddresses } from '../networks/endpoint-rows.js';
import { createRecordTable, fieldOf } from '../state/record-table.js';
import { matchesFilter, NEWEST_FIRST } from './container-filter.js';
import { type ContainerRecord, parseContainerRecord } from './container-record.js';
import { listOpenedPorts } from './opened-ports.js';
import { type ContainerNotice, tellNotice } from './tell-notice.js';

/** A new record and what is told of it, committed together. */
export interface ContainerChange {
  readonly record: ContainerRecord;
  readonly notices?: readonly ContainerNotice[];
}

/** The rows of all containers. Every change goes through here: checked, versioned, with its events in one transaction. */
export interface ContainerStore {
  /** A full id, a name with or without a slash, a unique id prefix, in that order. Throws not-found, invalid-argument. */
  resolve(ref: string): ContainerRecord;
  get(id: ContainerId): ContainerRecord | undefined;
  findByName(name: string): ContainerRecord | undefined;
  /** Newest first. */
  list(filter?: ContainerFilter): readonly ContainerRecord[];
  /** All that can be read: what is true of the others nobody knows. The same holds for the next three lists. */
  listReadable(): readonly ContainerRecord[];
  /** Those with a status or with an operation under way: what a monitor or an engine may be busy with. */
  listUnsettled(): readonly ContainerRecord[];
  /** Those that have ended and are to be removed then, and that nobody has removed. */
  listLeftForRemoval(): readonly ContainerRecord[];
  /** Those that an engine starts when it opens. */
  listDue(): readonly ContainerRecord[];
  /** The containers that were made of an image. */
  listImageUsers(id: ImageId): readonly { readonly id: ContainerId; readonly running: boolean }[];
  /** False if the name (or id) is taken. */
  insert(change: ContainerChange): boolean;
  /**
   * Reads, asks `decide` and writes, in one transaction. Undefined from `decide` leaves it as it is; the result is what
   * was written, undefined where nothing was. Throws where the state could not follow the one before.
   */
  change(
    id: ContainerId,
    decide: (record: ContainerRecord) => ContainerChange | undefined,
  ): ContainerRecord | undefined;
  /** Tells of a container what is no change of its record. */
  tell(record: ContainerRecord, notice: ContainerNotice): void;
  /** Removes the row and tells `destroy`; false if it was gone. */
  remove(record: ContainerRecord): boolean;
}

export function createContainerStore(database: Database, bus: EventBus): ContainerStore {
  const table = createRecordTable<ContainerRecord>({
    database,
    table: 'containers',
    parse: parseContainerRecord,
    columns: ({ name, state, createdAtMs, operation }) => ({
      name,
      status: operation === undefined ? state.status : operation.kind,
      created_at_ms: createdAtMs,
    }),
  });
  const find = (where: string, ...cells: readonly string[]): readonly ContainerRecord[] =>
    table.find(where, ...cells).map(({ value }) => value);
  const findReadable = (where?: string): readonly ContainerRecord[] =>
    table.findReadable(where).map(({ value }) => value);
  const tell = (record: ContainerRecord, notice: ContainerNotice) => tellNotice({ database, bus }, record, notice);
  const store: ContainerStore = {
    resolve: (ref) => resolve(ref, store, find),
    get: (id) => table.get(id)?.value,
    findByName: (name) => find('name = ?', name)[0],
    list: (filter = {}) => find(NEWEST_FIRST).filter((it) => matchesFilter(it, filter)),
    listReadable: () => findReadable(),
    listUnsettled: () => findReadable(`status NOT IN ('created', 'exited')`),
    listLeftForRemoval: () => findReadable(`status = 'exited' AND ${fieldOf('$.config.autoRemove')}`),
    listDue: () => findReadable(`status = 'exited' AND ${fieldOf('$.isDue')} ORDER BY created_at_ms`),
    // One that cannot be read may be a user too: then the caller is told so.
    listImageUsers: (imageId) =>
      find(`NOT json_valid(document) OR ${fieldOf('$.imageId')} = ?`, imageId).map(({ id, state }) => ({
        id,
        running: isActive(state),
      })),
    insert: ({ record, notices = [] }) =>
      database.transaction(() => {
        const isNew = table.insert(record.id, record);
        if (isNew) for (const notice of notices) tell(record, notice);
        return isNew;
      }),
    change: (id, decide) =>
      database.transaction(() => {
        const stored = table.get(id);
        const change = stored && decide(stored.value);
        if (stored === undefined || change === undefined) return undefined;
        const { notices = [] } = change;
        const record = settleAddresses(database, change.record);
        checkStep(stored.value, record);
        table.replace(stored, record);
        for (const notice of notices) tell(record, notice);
        // A restart that is called off ends without an event, and somebody may wait for that end.
        if (notices.length === 0 && record.state.status !== stored.value.state.status) bus.wake();
        return record;
      }),
    tell,
    remove: (record) =>
      database.transaction(() => {
        const wasThere = table.remove(record.id);
        if (wasThere) tell(record, { action: 'destroy' });
        return wasThere;
      }),
  };
  return store;
}

/** Addresses belong to what runs or is being started: any other row is written without them, and they are free again. */
function settleAddresses(database: Database, record: ContainerRecord): ContainerRecord {
  if (isActive(record.state) || record.operation?.kind === 'start') return record;
  const hasAddresses = record.networks.some(({ interfaceName }) => interfaceName !== undefined);
  if (!hasAddresses && record.publishedPorts === undefined) return record;
  releaseAddresses(database, record.id);
  const { publishedPorts: lastPorts = [], ...rest } = record;
  const lastOpened = listOpenedPorts(record);
  return {
    ...rest,
    ...(lastPorts.length > 0 && { lastPorts }),
    ...(lastOpened.length > 0 && { lastOpened }),
    networks: record.networks.map(withoutAddresses),
  };
}

/** What is left of an endpoint when its container has ended. */
export function withoutAddresses({
  networkId,
  networkName,
  endpointId,
  attachment,
}: ContainerEndpoint): ContainerEndpoint {
  return { networkId, networkName, endpointId, attachment };
}

const ID_PREFIX = /^[0-9a-f]{1,64}$/;

function resolve(
  ref: string,
  store: ContainerStore,
  find: (where: string, ...cells: readonly string[]) => readonly ContainerRecord[],
): ContainerRecord {
  const name = ref.startsWith('/') ? ref.slice(1) : ref;
  const exact = find('id = ?', ref)[0] ?? store.findByName(name);
  if (exact !== undefined) return exact;
  // `g` sorts after every hex digit, so this range is the prefix.
  const candidates = ID_PREFIX.test(ref) ? find('id >= ? AND id < ? LIMIT 2', ref, `${ref}g`) : [];
  if (candidates.length > 1) {
    throw new EngineError('invalid-argument', `multiple IDs found with provided prefix: ${ref}`);
  }
  if (candidates[0] === undefined) throw new EngineError('not-found', `No such container: ${ref}`);
  return candidates[0];
}

function checkStep(before: ContainerRecord, after: ContainerRecord): void {
  const isSame = before.state.status === after.state.status;
  if (isSame || canFollow(after.state.status, before.state.status)) return;
  throw new EngineError(
    'internal',
    `container ${before.id} cannot go from ${before.state.status} to ${after.state.status}`,
  );
}
