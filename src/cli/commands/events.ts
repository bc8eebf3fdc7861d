import { toWireEvent } from '../../api/wire/event.js';
import type { EventOptions } from '../../engine/engine.js';
import type { EngineEvent } from '../../model/events.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { type Filters, matchesAny, matchesLabels, parseFilters } from '../filter/parse-filters.js';
import { formatEventTime } from '../format/go-time.js';
import { compileTemplate, type Template } from '../format/template.js';
import { parseTime } from '../parse-time.js';
import { writeOutput } from '../write-output.js';

/** Kinds of things that this engine has no events of; dockerd takes filters by them. */
const ABSENT = ['config', 'node', 'plugin', 'secret', 'service'];
const FILTERS = [
  ...['container', 'daemon', 'event', 'image', 'label', 'network', 'scope', 'type', 'volume'],
  ...ABSENT,
];

export const events: RunCommand = async (call) => {
  const { cli, flags } = call;
  const filters = parseFilters(flags, FILTERS);
  const format = flags.text('format') ?? '';
  const template = format === '' || format === 'json' ? undefined : compileTemplate(format);
  const options = readOptions(call);
  const engine = await cli.engine();
  for await (const event of engine.events(options)) {
    if (fits(filters, event)) {
      await writeOutput(cli.stdout, `${render(event, format, template)}\n`);
    }
  }
  return 0;
};

function readOptions({ cli, flags }: CommandCall): EventOptions {
  const since = flags.text('since');
  const until = flags.text('until');
  return {
    signal: cli.interrupted,
    ...(since === undefined ? {} : { sinceMs: parseTime(since, cli.nowMs()) }),
    ...(until === undefined ? {} : { untilMs: parseTime(until, cli.nowMs()) }),
  };
}

function fits(filters: Filters, event: EngineEvent): boolean {
  const named = (type: EngineEvent['type'], value: string) =>
    event.type === type && (event.id.replace(/^sha256:/, '').startsWith(value) || event.attributes['name'] === value);
  return (
    matchesAny(filters, 'type', (value) => value === event.type) &&
    matchesAny(filters, 'event', (value) => value === event.action || value === toWireEvent(event).Action) &&
    matchesAny(filters, 'scope', (value) => value === 'local') &&
    matchesLabels(filters, event.attributes) &&
    matchesAny(filters, 'container', (value) => named('container', value)) &&
    matchesAny(filters, 'image', (value) => named('image', value) || event.attributes['image'] === value) &&
    matchesAny(filters, 'network', (value) => named('network', value)) &&
    matchesAny(filters, 'volume', (value) => named('volume', value)) &&
    matchesAny(filters, 'daemon', () => event.type === 'daemon') &&
    !ABSENT.some((name) => filters.has(name))
  );
}

function render(event: EngineEvent, format: string, template: Template | undefined): string {
  if (template !== undefined) {
    return template.execute(toTemplateValue(event));
  }
  return format === 'json' ? JSON.stringify(toWireEvent(event)) : formatLine(event);
}

/** Docker's templates know the fields under the names of its Go type, which are not those of the JSON. */
function toTemplateValue(event: EngineEvent): object {
  const wire = toWireEvent(event);
  const { status = '', id = '', from = '', scope, time, timeNano, ...fields } = wire;
  return { ...fields, Status: status, ID: id, From: from, Scope: scope, Time: time, TimeNano: timeNano };
}

function formatLine(event: EngineEvent): string {
  const { Action: action, Actor: actor } = toWireEvent(event);
  const attributes = Object.entries(actor.Attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  const tail = attributes.length === 0 ? '' : ` (${attributes.join(', ')})`;
  return `${formatEventTime(event.atMs)} ${event.type} ${action} ${event.id}${tail}`;
}
