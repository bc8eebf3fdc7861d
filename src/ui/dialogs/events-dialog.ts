import type { EngineEvent } from '../../model/events.js';
import type { Dialog } from '../../store/dialog.js';
import { createRowFilter } from '../../store/row-filter.js';
import type { Workspace } from '../../store/workspace.js';
import type { CommandContext } from '../commands/command-context.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { formatEvent } from '../rows/event-text.js';
import { meaningOfExit } from '../rows/exit-lines.js';
import { fillHanging } from '../rows/text-lines.js';
import { fitText, joinFitting, sanitizeText } from '../terminal/ansi-text.js';
import { editTextField } from '../text-field.js';
import { choiceLine, isScrollKey, scroll, scrollTop, windowTop } from './choice-list.js';

type EventsDialog = Extract<Dialog, { kind: 'events' }>;

/** The events that fit the query, the newest first. */
export function eventsLines(
  context: PaintContext,
  dialog: EventsDialog,
  width: number,
  room: number,
): readonly string[] {
  const { theme, glyphs, workspace } = context;
  const hint = (text: string) => theme.style('muted', text);
  const enter = keyOf(context.bindings, 'form-submit');
  const onEnter = (does: string) => (enter === '' ? '' : `${enter} ${does}`);
  const rows = findEvents(workspace, dialog.query);
  if (rows.length === 0) return [hint(dialog.query === '' ? 'nothing has happened yet' : 'no event fits')];
  const index = indexOf(rows, dialog.selected);
  const top = windowTop(index, room - 2, rows.length);
  const counted = `${rows.length} of ${workspace.events.getState().events.length}`;
  return [
    ...rows
      .slice(top, top + room - 2)
      .map((event, i) =>
        choiceLine(
          context,
          fitText(formatEvent(context, event), width - 2, 'left', glyphs.ellipsis),
          top + i === index,
        ),
      ),
    '',
    hint(joinFitting([counted, 'type to filter', onEnter('opens'), 'esc closes'], '   ', width)),
  ];
}

export function handleEventsKey(context: CommandContext, dialog: EventsDialog, key: string): void {
  const { workspace } = context;
  const set = (change: Partial<EventsDialog>) => workspace.view.setState({ dialog: { ...dialog, ...change } });
  const rows = findEvents(workspace, dialog.query);
  const index = indexOf(rows, dialog.selected);
  if (key === 'enter') set({ isOpen: !dialog.isOpen && rows.length > 0, selected: rows[index], top: 0 });
  else if (dialog.isOpen) {
    if (key === 'left' || key === 'right') {
      const step = key === 'left' ? -1 : 1;
      set({ selected: rows[Math.max(0, Math.min(rows.length - 1, index + step))], top: 0 });
    } else set({ top: scrollTop(dialog.top, key, context.dialogScroll().last) });
  } else if (key.length > 1 && isScrollKey(key)) set({ selected: rows[scroll(index, key, rows.length - 1)] });
  else {
    const edited = editTextField({ text: dialog.query, cursor: dialog.query.length }, key);
    if (edited !== undefined) set({ query: edited.text, selected: undefined });
  }
}

/** A filter as in all lists, over all that an event tells. */
function findEvents({ events }: Pick<Workspace, 'events'>, query: string): readonly EngineEvent[] {
  const fits = createRowFilter(query);
  const textOf = (event: EngineEvent) =>
    [event.type, event.action, event.id, ...Object.entries(event.attributes).map((pair) => pair.join('='))].join(' ');
  return events
    .getState()
    .events.filter((event) => fits(textOf(event)))
    .reverse();
}

/** The cursor stays on its event while others come in above. */
const indexOf = (rows: readonly EngineEvent[], selected: EngineEvent | undefined) =>
  Math.max(0, selected === undefined ? 0 : rows.indexOf(selected));

/** All that an event tells. */
export function eventRows(context: PaintContext, event: EngineEvent, width: number): readonly string[] {
  const { name, exitCode, ...others } = event.attributes;
  const isEnd = event.action === 'die' || event.action === 'exec_die';
  const meaning = isEnd && exitCode !== undefined ? `  ${meaningOfExit(Number(exitCode))}` : '';
  const entries: readonly (readonly [string, string])[] = [
    ['time', new Date(event.atMs).toISOString()],
    ['what', `${event.type} ${event.action}`],
    ...(name === undefined ? [] : [['name', sanitizeText(name)] as const]),
    ...(event.id === '' ? [] : [['id', event.id] as const]),
    ...(exitCode === undefined ? [] : [['exitCode', `${exitCode}${meaning}`] as const]),
    ...Object.entries(others).map(([key, value]) => [sanitizeText(key), sanitizeText(value)] as const),
  ];
  return entries.flatMap(([label, value]) =>
    fillHanging(`${context.theme.style('muted', label.padEnd(10))} `, value, width),
  );
}
