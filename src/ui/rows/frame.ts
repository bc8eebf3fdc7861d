import type { Size } from '../../store/view-store.js';
import { clipText, textWidth } from '../terminal/ansi-text.js';
import type { Glyphs } from '../terminal/glyphs.js';
import type { Theme } from '../terminal/theme.js';

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** May hold styles. */
  readonly title: string;
  /** Shown at the right of the upper border, as many as there is room for. */
  readonly notes?: readonly string[];
  /** The same in the lower border, where no title takes the room. */
  readonly notesBelow?: readonly string[];
  readonly isFocused: boolean;
  /** Paints the inside: rows of at most `width` cells. */
  content(width: number, height: number): readonly string[];
}

/** The cells inside a frame; below 4 by 3 cells the border is left out. */
export function insideOfFrame({ width, height }: Size): Size {
  return width < 4 || height < 3 ? { width, height } : { width: width - 4, height: height - 2 };
}

/** A pane with its border and title, as rows. */
export function drawFrame(frame: Frame, theme: Theme, glyphs: Glyphs): string[] {
  const { width, height } = frame;
  const inside = insideOfFrame(frame);
  if (inside.height === height) return fitRows(frame.content(width, height), width, height);
  const token = frame.isFocused ? 'borderFocus' : 'border';
  const edge = (text: string) => theme.style(token, text);
  const shapes = glyphs.frame;
  const left = `${edge(shapes.left)} `;
  const right = ` ${edge(shapes.right)}`;
  return [
    drawTop(frame, theme, glyphs),
    ...fitRows(frame.content(inside.width, inside.height), inside.width, inside.height).map(
      (row) => left + row + right,
    ),
    drawBottom(frame, theme, glyphs),
  ];
}

/** Rows cut and padded to exactly this size. */
export function fitRows(rows: readonly string[], width: number, height: number): string[] {
  return Array.from({ length: Math.max(0, height) }, (_, i) => clipText(rows[i] ?? '', 0, width));
}

function drawTop(frame: Frame, theme: Theme, { frame: shapes }: Glyphs): string {
  const token = frame.isFocused ? 'borderFocus' : 'border';
  const edge = (text: string) => theme.style(token, text);
  const room = frame.width - 4;
  const title = ` ${frame.title} `;
  const titleWidth = Math.min(textWidth(title), room);
  const note = joinNotes(frame.notes ?? [], room - titleWidth - 1);
  const noteWidth = textWidth(note);
  const fill = room - titleWidth - noteWidth;
  return (
    edge(shapes.topLeft + shapes.top) +
    clipText(title, 0, titleWidth) +
    edge(shapes.top.repeat(Math.max(0, fill))) +
    note +
    edge(shapes.top + shapes.topRight)
  );
}

function drawBottom(frame: Frame, theme: Theme, { frame: shapes }: Glyphs): string {
  const edge = (text: string) => theme.style(frame.isFocused ? 'borderFocus' : 'border', text);
  const note = joinNotes(frame.notesBelow ?? [], frame.width - 4);
  const line = shapes.bottom.repeat(frame.width - 2 - textWidth(note) - (note === '' ? 0 : 1));
  const end = (note === '' ? '' : shapes.bottom) + shapes.bottomRight;
  return note === '' ? edge(shapes.bottomLeft + line + end) : edge(shapes.bottomLeft + line) + note + edge(end);
}

function joinNotes(notes: readonly string[], room: number): string {
  let line = '';
  for (const note of notes) {
    const longer = line === '' ? note : `${line}  ${note}`;
    if (note !== '' && textWidth(longer) + 2 <= room) line = longer;
  }
  return line === '' ? '' : ` ${line} `;
}
