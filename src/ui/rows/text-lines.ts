import { clipText, sanitizeText, textWidth } from '../terminal/ansi-text.js';

/** A text broken into rows of at most `width` cells; styles go on in the next row. */
export function wrapText(text: string, width: number): readonly string[] {
  const clean = sanitizeText(text);
  const total = textWidth(clean);
  if (width <= 0 || total <= width) return [clean];
  const rows: string[] = [];
  for (let from = 0; from < total; from += width) rows.push(clipText(clean, from, width));
  return rows;
}

/** Words behind what leads them, in the first line and as far to the right in those that follow. */
export function fillHanging(lead: string, text: string, width: number): readonly string[] {
  return hang(lead, fillParagraph(text, roomBehind(lead, width)));
}

/** As `wrapText`, behind what leads the first row; those that follow stand below it. */
export function wrapHanging(lead: string, text: string, width: number): readonly string[] {
  return hang(lead, wrapText(text, roomBehind(lead, width)));
}

const roomBehind = (lead: string, width: number) => Math.max(1, width - textWidth(lead));

const hang = (lead: string, rows: readonly string[]) =>
  rows.map((row, i) => (i === 0 ? lead : ' '.repeat(textWidth(lead))) + row);

/** Words set in lines of at most `width` cells, for sentences in dialogs; a word that is wider is broken. */
export function fillParagraph(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) <= width) {
      line = `${line} ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = textWidth(word) > width ? wrapText(word, width) : [word];
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line];
}
