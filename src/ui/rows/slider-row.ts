import type { PaintContext } from '../paint-context.js';
import { fitText } from '../terminal/ansi-text.js';

export interface Slider {
  readonly label: string;
  readonly min: string;
  readonly max: string;
  /** 0..1. */
  readonly ratio: number;
  /** Where the kernel stands while the slider has moved on; undefined where they agree. */
  readonly kernelRatio: number | undefined;
  readonly value: string;
  readonly isFocused: boolean;
  /** Drawn below the track: `now` and `peak`. */
  readonly marks: readonly { readonly ratio: number; readonly text: string }[];
}

const LABEL_WIDTH = 8;
const END_WIDTH = 5;

/** A slider as two rows: label, track and value, and below the track its marks. */
export function drawSlider({ theme, glyphs }: PaintContext, slider: Slider, width: number): readonly [string, string] {
  const { left, right } = glyphs.slider;
  const valueWidth = Math.min(20, Math.max(12, Math.floor(width * 0.24)));
  const trackWidth = width - LABEL_WIDTH - END_WIDTH * 2 - valueWidth - 5;
  const label = theme.style(
    slider.isFocused ? 'key' : 'muted',
    fitText(`${slider.isFocused ? glyphs.cursor : ' '}${slider.label}`, LABEL_WIDTH),
  );
  const value = theme.style(slider.kernelRatio === undefined ? 'text' : 'mark', slider.value);
  if (trackWidth < 6) return [`${label} ${value}`, ''];
  const track = drawTrack({ theme, glyphs }, slider, trackWidth);
  const muted = (text: string) => theme.style('muted', text);
  const row = `${label} ${muted(fitText(slider.min, END_WIDTH, 'right'))} ${muted(left)}${track}${muted(right)} ${muted(fitText(slider.max, END_WIDTH))} ${value}`;
  const marks = drawMarks(slider, trackWidth, glyphs.mark);
  return [row, marks === '' ? '' : ' '.repeat(LABEL_WIDTH + END_WIDTH + 3) + muted(marks)];
}

function drawTrack({ theme, glyphs }: Pick<PaintContext, 'theme' | 'glyphs'>, slider: Slider, width: number): string {
  const cell = (ratio: number) => Math.round(ratio * (width - 1));
  const at = cell(slider.ratio);
  const kernelAt = slider.kernelRatio === undefined ? -1 : cell(slider.kernelRatio);
  return Array.from({ length: width }, (_, x) => {
    if (x === at) return theme.style(slider.isFocused ? 'key' : 'title', glyphs.slider.knob);
    if (x === kernelAt) return theme.style('limit', glyphs.mark);
    return x < at ? theme.style('memory', glyphs.slider.filled) : theme.style('border', glyphs.slider.empty);
  }).join('');
}

function drawMarks(slider: Slider, width: number, pointer: string): string {
  let out = '';
  for (const mark of [...slider.marks].sort((a, b) => a.ratio - b.ratio)) {
    const at = Math.round(mark.ratio * (width - 1));
    const text = `${pointer} ${mark.text}`;
    const before = `${mark.text} ${pointer}`;
    // Right of the pointer where there is room, else left of it; a mark that has no room is left out.
    if (at >= out.length && at + text.length <= width) out = `${out.padEnd(at)}${text}  `;
    else if (at - before.length + 1 >= out.length) out = `${out.padEnd(at - before.length + 1)}${before}  `;
  }
  return out;
}
