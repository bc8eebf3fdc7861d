import type { ContainerAction } from '../../model/events.js';
import type { Database } from '../../platform/database.js';
import type { EventBus } from '../events/event-bus.js';
import { readNetworkDriver } from '../networks/endpoint-rows.js';
import type { ContainerRecord } from './container-record.js';

/** What is told of a container beside its name, image and labels; or of its volumes and networks, as they come and go with its process. */
export type ContainerNotice =
  | {
      readonly action: ContainerAction;
      readonly attributes?: Readonly<Record<string, string>>;
      /** When it happened, where that is not now. */
      readonly atMs?: number;
    }
  | { readonly volumes: 'mount' | 'unmount' }
  | { readonly networks: 'connect' | 'disconnect' };

/** Publishes it as Docker words it. */
export function tellNotice(
  { database, bus }: { readonly database: Database; readonly bus: EventBus },
  record: ContainerRecord,
  notice: ContainerNotice,
): void {
  if ('volumes' in notice) {
    tellVolumes(bus, record, notice.volumes);
    return;
  }
  if ('networks' in notice) {
    tellNetworks(bus, record, { action: notice.networks, driverOf: (id) => readNetworkDriver(database, id) });
    return;
  }
  const { action, attributes, atMs } = notice;
  bus.publish(
    {
      type: 'container',
      action,
      id: record.id,
      attributes: { ...record.config.labels, ...attributes, image: record.config.image, name: record.name },
    },
    atMs,
  );
}

/** Docker's attributes of `docker events`, in its words. */
function tellVolumes(bus: EventBus, { id: container, mounts }: ContainerRecord, action: 'mount' | 'unmount'): void {
  for (const mount of mounts) {
    if (mount.type !== 'volume') continue;
    const { name, target: destination, readOnly } = mount;
    const how = action === 'mount' ? { destination, propagation: '', 'read/write': String(!readOnly) } : {};
    bus.publish({ type: 'volume', action, id: name, attributes: { container, driver: 'local', ...how } });
  }
}

/** Docker's attributes of the events of networks. An endpoint whose network was never found has none. */
function tellNetworks(
  bus: EventBus,
  { id: container, networks }: ContainerRecord,
  { action, driverOf }: { readonly action: 'connect' | 'disconnect'; readonly driverOf: (id: string) => string },
): void {
  for (const { networkId: id, networkName: name } of networks) {
    if (id !== '') bus.publish({ type: 'network', action, id, attributes: { container, name, type: driverOf(id) } });
  }
}
