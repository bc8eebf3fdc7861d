import type { EngineEvent } from '../../model/events.js';
import { toNumber, toObject, toText, toTextMap } from '../../model/json-values.js';

/** The actions of each type that Gantry has words for; api/wire/event.ts is the other direction. */
const ACTIONS: Readonly<Record<EngineEvent['type'], readonly string[]>> = {
  container: [
    ...['create', 'start', 'die', 'stop', 'kill', 'oom', 'pause', 'unpause', 'restart', 'rename', 'update', 'destroy'],
    ...['attach', 'detach', 'resize', 'top', 'export', 'commit', 'archive-path', 'extract-to-dir', 'exec_create'],
    ...['exec_start', 'exec_die', 'exec_detach', 'health_status', 'prune'],
  ],
  image: ['tag', 'untag', 'delete', 'import', 'load', 'save', 'create', 'prune', 'pull', 'push'],
  network: ['create', 'connect', 'disconnect', 'destroy', 'prune'],
  volume: ['create', 'mount', 'unmount', 'destroy', 'prune'],
  daemon: ['reload'],
};

/** What podman calls otherwise. */
const PODMAN: Readonly<Record<string, string>> = { died: 'die', remove: 'destroy', cleanup: '' };

/** One object of `GET /events`; undefined for what Gantry has no word for, as those of swarms. */
export function fromWireEvent(value: unknown): EngineEvent | undefined {
  const wire = toObject(value);
  const actor = toObject(wire['Actor']);
  const told = toText(wire['Action']) || toText(wire['status']);
  const [, word = '', more] = /^([^:]*)(?:: ?([\s\S]*))?$/.exec(told) ?? [];
  const action = PODMAN[word] ?? word;
  const type = toText(wire['Type']) || 'container';
  if (!isType(type) || !ACTIONS[type].includes(action)) return undefined;
  const attributes = { ...toTextMap(actor['Attributes']), ...readMore(action, more) };
  const nanos = toNumber(wire['timeNano']);
  const atMs = nanos === 0 ? toNumber(wire['time']) * 1000 : nanos / 1_000_000;
  // Checked above: the action is one of its type.
  return { type, action, id: toText(actor['ID']) || toText(wire['id']), attributes, atMs } as EngineEvent;
}

function isType(text: string): text is EngineEvent['type'] {
  return Object.hasOwn(ACTIONS, text);
}

/** What Docker writes behind the word. */
function readMore(action: string, more: string | undefined): Readonly<Record<string, string>> {
  if (more === undefined) return {};
  return action === 'health_status' ? { healthStatus: more.trim() } : { execCommand: more };
}
