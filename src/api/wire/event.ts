import type { EngineEvent } from '../../model/events.js';

/** One object of `GET /events`: Docker Engine API 1.51, EventMessage. */
export interface WireEvent {
  /** These three are there for containers and images only. */
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: 'local';
  readonly time: number;
  readonly timeNano: number;
}

export function toWireEvent(event: EngineEvent): WireEvent {
  const { image } = event.attributes;
  const { action, attributes } = toWireAction(event);
  const isOld = event.type === 'container' || event.type === 'image';
  return {
    ...(isOld ? { status: action, id: event.id } : {}),
    ...(event.type === 'container' && image !== undefined ? { from: image } : {}),
    Type: event.type,
    Action: action,
    Actor: { ID: event.id, Attributes: attributes },
    scope: 'local',
    time: Math.floor(event.atMs / 1000),
    timeNano: Math.round(event.atMs * 1_000_000),
  };
}

/** Docker writes the command line of an exec, and the state of a health check, behind the action: `health_status: healthy`. */
function toWireAction({ action, attributes }: EngineEvent) {
  const { execCommand, healthStatus, ...rest } = attributes;
  const more = execCommand ?? healthStatus;
  return { action: more === undefined ? action : `${action}: ${more}`, attributes: rest };
}
