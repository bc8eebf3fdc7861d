import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EngineEvent } from '../model/events.js';
import type { ContainerId } from '../model/ids.js';
import { describeLimitsChange } from './limits-change-text.js';

const KEPT_EVENTS = 500;
const KEPT_MARKS = 64;

/** Something that happened to a container at a time, drawn on its graphs' time axis. */
export interface EventMark {
  readonly atMs: number;
  readonly kind: 'oom' | 'restart' | 'start' | 'exit' | 'unhealthy' | 'healthy' | 'update';
  /** For `update`: what was changed. */
  readonly text?: string;
}

export interface EventsState {
  /** Oldest first. */
  readonly events: readonly EngineEvent[];
  readonly marks: ReadonlyMap<ContainerId, readonly EventMark[]>;
}

export type EventsStore = StoreApi<EventsState> & {
  add(event: EngineEvent): void;
};

/** The last events and, by container, the marks made from them; both bounded. */
export function createEventsStore(): EventsStore {
  const store = createStore<EventsState>(() => ({ events: [], marks: new Map() }));
  const addMark = (id: ContainerId, mark: EventMark) => {
    const marks = new Map(store.getState().marks);
    marks.set(id, [...(marks.get(id) ?? []), mark].slice(-KEPT_MARKS));
    store.setState({ marks });
  };
  return Object.assign(store, {
    add: (event: EngineEvent) => {
      store.setState((state) => ({ events: [...state.events, event].slice(-KEPT_EVENTS) }));
      if (event.type !== 'container' || event.id === '') return;
      const kind = markKind(event);
      if (kind === 'update')
        addMark(event.id, { atMs: event.atMs, kind, text: describeLimitsChange(event.attributes) });
      else if (kind !== undefined) addMark(event.id, { atMs: event.atMs, kind });
      if (event.action === 'destroy') {
        const marks = new Map(store.getState().marks);
        marks.delete(event.id);
        store.setState({ marks });
      }
    },
  });
}

/** How many marks of one kind a container has. */
export function countMarks(state: EventsState, id: ContainerId, kind: EventMark['kind']): number {
  return (state.marks.get(id) ?? []).filter((mark) => mark.kind === kind).length;
}

function markKind(event: EngineEvent): EventMark['kind'] | undefined {
  if (event.type !== 'container') return undefined;
  switch (event.action) {
    case 'oom':
      return 'oom';
    case 'restart':
      return 'restart';
    case 'start':
      return 'start';
    case 'die':
      return 'exit';
    case 'update':
      return 'update';
    case 'health_status':
      return healthMark(event.attributes['healthStatus']);
    default:
      return undefined;
  }
}

function healthMark(status: string | undefined): 'healthy' | 'unhealthy' | undefined {
  return status === 'healthy' || status === 'unhealthy' ? status : undefined;
}
