import type { EngineEvent } from '../../model/events.js';
import { formatFamiliarName, parseImageReference } from '../../model/image-reference.js';
import { toWireEvent } from '../wire/event.js';
import { type Filters, matchesAny, matchesLabels } from './filters.js';

/** Kinds of things that this engine has no events of; dockerd takes filters by them. */
const ABSENT = ['config', 'node', 'plugin', 'secret', 'service'];

/** What `docker events --filter` takes. */
export const EVENT_FILTERS = [
  ...['container', 'daemon', 'event', 'image', 'label', 'network', 'scope', 'type', 'volume'],
  ...ABSENT,
];

/** Things are found by the beginning of their id or name, images by their whole name with or without its tag: moby daemon/events/filter.go. */
export function matchesEvent(filters: Filters, event: EngineEvent): boolean {
  const begins = (type: EngineEvent['type'], value: string) =>
    event.type === type &&
    (event.id.replace(/^sha256:/, '').startsWith(value) || event.attributes['name']?.startsWith(value) === true);
  return (
    matchesAny(filters, 'type', (value) => value === event.type) &&
    matchesAny(filters, 'event', (value) => value === event.action || value === toWireEvent(event).Action) &&
    matchesAny(filters, 'scope', (value) => value === 'local') &&
    matchesLabels(filters, event.attributes) &&
    matchesAny(filters, 'container', (value) => begins('container', value)) &&
    matchesAny(filters, 'image', (value) => isOfImage(event, value)) &&
    matchesAny(filters, 'network', (value) => begins('network', value)) &&
    matchesAny(filters, 'volume', (value) => begins('volume', value)) &&
    matchesAny(filters, 'daemon', () => event.type === 'daemon') &&
    !ABSENT.some((name) => filters.has(name))
  );
}

function isOfImage({ type, id, attributes }: EngineEvent, value: string): boolean {
  const names = type === 'image' ? [id, attributes['name'] ?? ''] : [attributes['image'] ?? ''];
  const isShortId = type === 'image' && value !== '' && id.replace(/^sha256:/, '').startsWith(value);
  return isShortId || names.some((name) => name !== '' && (name === value || withoutTag(name) === value));
}

function withoutTag(name: string): string {
  try {
    return formatFamiliarName(parseImageReference(name));
  } catch {
    // An id is no reference, and has no tag.
    return name;
  }
}
