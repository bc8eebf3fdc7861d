import { EVENT_FILTERS, matchesEvent } from '../../api/filter/match-event.js';
import { toWireEvent } from '../../api/wire/event.js';
import type { EventOptions } from '../../engine/engine.js';
import type { EngineEvent } from '../../model/events.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { formatEventTime } from '../format/go-time.js';
import { compileTemplate, type Template } from '../format/template.js';
import { parseMoment } from '../parse-moment.js';
import { parseFilters } from '../read-filters.js';

export const events: RunCommand = async (call) => {
  const { cli, flags } = call;
  const filters = parseFilters(flags, EVENT_FILTERS);
  const format = flags.text('format') ?? '';
  const template = format === '' || format === 'json' ? undefined : compileTemplate(format);
  const options = readOptions(call);
  const engine = await cli.engine();
  for await (const event of engine.events(options)) {
    if (matchesEvent(filters, event)) {
      await cli.print(`${render(event, format, template)}\n`);
    }
  }
  return 0;
};

function readOptions({ cli, flags }: CommandCall): EventOptions {
  const since = flags.text('since');
  const until = flags.text('until');
  return {
    signal: cli.interrupted,
    ...(since === undefined ? {} : { sinceMs: parseMoment(since, cli.nowMs()) }),
    ...(until === undefined ? {} : { untilMs: parseMoment(until, cli.nowMs()) }),
  };
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
