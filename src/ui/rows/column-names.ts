import type { HiddenColumns } from '../../store/view-store.js';
import type { Column } from './columns.js';

/** The columns that each list may have, by the names under which the user chooses them; the first one is always there. */
export const COLUMN_NAMES: Readonly<Record<keyof HiddenColumns, readonly string[]>> = {
  containers: [
    'NAME',
    'STATE',
    'CPU%',
    'GRAPH',
    'MEM',
    '/LIMIT',
    '%',
    'EVENTS',
    'AGE',
    'PORTS',
    'IMAGE',
    'NET',
    'PIDS',
    'ID',
  ],
  images: ['IMAGE', 'SIZE', 'UNIQUE', 'SHARED', 'CTR', 'AGE', 'ID'],
  volumes: ['VOLUME', 'SIZE', 'USED BY', 'AGE', 'DRIVER'],
  networks: ['NETWORK', 'DRIVER', 'SUBNET', 'CTR', 'KIND', 'GATEWAY', 'AGE', 'ID'],
};

/** What a list is sorted by where one of its columns is asked for. */
export const COLUMN_SORTS: Readonly<Record<keyof HiddenColumns, Readonly<Record<string, string>>>> = {
  containers: {
    NAME: 'name',
    STATE: 'state',
    'CPU%': 'cpu',
    GRAPH: 'cpu',
    MEM: 'memory',
    '/LIMIT': 'limit',
    '%': 'share',
    EVENTS: 'throttled',
    AGE: 'changed',
    PORTS: 'ports',
    IMAGE: 'image',
    NET: 'network',
    PIDS: 'pids',
    ID: 'id',
  },
  images: {
    IMAGE: 'name',
    SIZE: 'size',
    UNIQUE: 'unique',
    SHARED: 'shared',
    CTR: 'containers',
    AGE: 'created',
    ID: 'id',
  },
  volumes: { VOLUME: 'name', SIZE: 'size', 'USED BY': 'containers', AGE: 'created', DRIVER: 'driver' },
  networks: {
    NETWORK: 'name',
    DRIVER: 'driver',
    SUBNET: 'subnet',
    CTR: 'containers',
    KIND: 'kind',
    GATEWAY: 'gateway',
    AGE: 'created',
    ID: 'id',
  },
};

/** Without those that were switched off. */
export function chosenColumns<Row>(columns: readonly Column<Row>[], hidden: readonly string[]): readonly Column<Row>[] {
  return hidden.length === 0
    ? columns
    : columns.filter((column) => column.grows === true || !hidden.includes(columnName(column)));
}

/** The graph has no title. */
export function columnName({ title }: Pick<Column<never>, 'title'>): string {
  return title === '' ? 'GRAPH' : title;
}
