import { encodeMessages, type Message } from './message.js';

/**
 * Encoded messages and where they are sent: isolation/netlink-role.ts says what the places are. The room of isolation is not imported
 * here, so that this says it again.
 */
export interface NetlinkRequest<Place extends string = 'host' | 'container' | 'inside' | 'filter' | 'end'> {
  readonly place: Place;
  /** What it does, after "cannot"; absent: it may fail. */
  readonly what?: string;
  readonly messages: Uint8Array;
  /** Where the descriptor of the other side's namespace goes, bytes. */
  readonly namespaceOffset?: number;
}

/** To the host's own network. */
export type HostRequest = NetlinkRequest<'host' | 'filter'>;

export function toRequest<Place extends NetlinkRequest['place']>(
  place: Place,
  what: string | undefined,
  messages: readonly Message[],
): NetlinkRequest<Place> {
  return { place, ...(what !== undefined && { what }), messages: encodeMessages(messages) };
}
