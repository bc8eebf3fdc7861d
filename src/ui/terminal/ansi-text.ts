const ESCAPE = 0x1b;
/** Ends every style that `clipText` had to cut. */
export const RESET = '\x1b[0m';

/** What is in each cell of a text, without styles; the second cell of a wide character is empty. */
export function cellsOf(text: string): readonly string[] {
  const cells: string[] = [];
  for (const character of stripStyles(text)) {
    const width = textWidth(character);
    if (width === 0) continue;
    cells.push(character);
    if (width === 2) cells.push('');
  }
  return cells;
}

/** Cells that a text takes on the terminal; SGR sequences take none. */
export function textWidth(text: string): number {
  let width = 0;
  for (let i = 0; i < text.length; i = skipToken(text, i)) width += codePointWidth(text.codePointAt(i) ?? 0);
  return width;
}

/**
 * The cells `from` to `from + width` of a text, padded with spaces to exactly `width`. Styles (SGR) are kept and closed, other
 * control sequences dropped. A wide character that is cut in half becomes a space.
 */
export function clipText(text: string, from: number, width: number): string {
  if (width <= 0) return '';
  if (from === 0 && text.length <= width && isPlainAscii(text)) return text + ' '.repeat(width - text.length);
  const end = from + width;
  const clip: Clip = { from, end, x: 0, out: '', pendingStyle: '', styled: false };
  let i = 0;
  while (i < text.length) {
    const next = skipToken(text, i);
    const codePoint = text.codePointAt(i) ?? 0;
    // At the right edge what follows has no cell, but a combining mark belongs to the last character.
    if (clip.x >= end && (codePoint < 0x300 || codePointWidth(codePoint) !== 0)) break;
    if (codePoint === ESCAPE) takeStyle(clip, text.slice(i, next));
    else takeCharacter(clip, text.slice(i, next), codePoint);
    i = next;
  }
  const padding = ' '.repeat(Math.max(0, end - Math.max(clip.x, from)));
  return (clip.styled ? clip.out + RESET : clip.out) + padding;
}

/** A text in exactly `width` cells; one that is too long ends in an ellipsis. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left', ellipsis = '…'): string {
  if (width <= 0) return '';
  const own = textWidth(text);
  if (own > width) return width === 1 ? clipText(text, 0, 1) : clipText(text, 0, width - 1) + ellipsis;
  const padding = ' '.repeat(width - own);
  return align === 'left' ? text + padding : padding + text;
}

/** Texts with a separator between them, in `width` cells at most; those that do not fit are left out, and the first one is cut. */
export function joinFitting(texts: readonly string[], separator: string, width: number): string {
  let line = clipText(texts[0] ?? '', 0, Math.min(width, textWidth(texts[0] ?? '')));
  for (const text of texts.slice(1)) {
    if (text === '' || textWidth(line) + textWidth(separator) + textWidth(text) > width) continue;
    line += separator + text;
  }
  return line;
}

/** A text of unknown origin without anything that moves the cursor; tabs become spaces to the next multiple of 8, styles stay. */
export function sanitizeText(text: string): string {
  if (isPlainAscii(text)) return text;
  let out = '';
  let column = 0;
  for (let i = 0; i < text.length; ) {
    const next = skipToken(text, i);
    const token = text.slice(i, next);
    const codePoint = text.codePointAt(i) ?? 0;
    if (codePoint === 0x09) {
      const spaces = 8 - (column % 8);
      out += ' '.repeat(spaces);
      column += spaces;
    } else if (isPrintable(codePoint) || isStyle(token)) {
      out += token;
      column += isPrintable(codePoint) ? codePointWidth(codePoint) : 0;
    }
    i = next;
  }
  return out;
}

/** The text alone, without any control sequence. */
export function stripStyles(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; ) {
    const next = skipToken(text, i);
    if (text.charCodeAt(i) !== ESCAPE) out += text.slice(i, next);
    i = next;
  }
  return out;
}

interface Clip {
  readonly from: number;
  readonly end: number;
  x: number;
  out: string;
  pendingStyle: string;
  styled: boolean;
}

function takeStyle(clip: Clip, sequence: string): void {
  if (!isStyle(sequence)) return;
  if (clip.x >= clip.from) {
    clip.out += sequence;
    clip.styled = true;
  } else {
    clip.pendingStyle = sequence === RESET || sequence === '\x1b[m' ? '' : clip.pendingStyle + sequence;
  }
}

function takeCharacter(clip: Clip, character: string, codePoint: number): void {
  if (!isPrintable(codePoint)) return;
  const width = codePointWidth(codePoint);
  const isCutLeft = clip.x < clip.from && clip.x + width > clip.from;
  const isCutRight = clip.x + width > clip.end;
  if (clip.x >= clip.from || isCutLeft) {
    if (clip.pendingStyle !== '') {
      clip.out += clip.pendingStyle;
      clip.pendingStyle = '';
      clip.styled = true;
    }
    clip.out += isCutLeft || isCutRight ? ' ' : character;
  }
  clip.x = isCutRight ? clip.end : clip.x + width;
}

/** Index after the character or control sequence that begins at `start`. */
function skipToken(text: string, start: number): number {
  const codePoint = text.codePointAt(start) ?? 0;
  if (codePoint !== ESCAPE) return start + (codePoint > 0xffff ? 2 : 1);
  const kind = text[start + 1];
  if (kind === '[') return skipControlSequence(text, start + 2);
  if (kind === ']') return skipSystemCommand(text, start + 2);
  return Math.min(text.length, start + 2);
}

/** CSI: to its final byte. ECMA-48, 5.4. */
function skipControlSequence(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x40 && code <= 0x7e) return i + 1;
  }
  return text.length;
}

/** OSC: to BEL or ST. ECMA-48, 8.3.89. */
function skipSystemCommand(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x07) return i + 1;
    if (code === ESCAPE) return Math.min(text.length, i + 2);
  }
  return text.length;
}

/** SGR. */
const isStyle = (token: string) => token.startsWith('\x1b[') && token.endsWith('m');

const isPrintable = (codePoint: number) => codePoint >= 0x20 && (codePoint < 0x7f || codePoint >= 0xa0);

function isPlainAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26a1, 0x26a1],
  [0x2705, 0x2705],
  [0x274c, 0x274c],
  [0x2753, 0x2755],
  [0x2795, 0x2797],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f004, 0x1f004],
  [0x1f18e, 0x1f19a],
  [0x1f200, 0x1f265],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f90c, 0x1f9ff],
  [0x1fa70, 0x1faff],
  [0x20000, 0x3fffd],
];
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** wcwidth(3) of one code point, as terminals have it: ambiguous ones are narrow. */
export function codePointWidth(codePoint: number): 0 | 1 | 2 {
  if (codePoint < 0x300)
    return codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0) || codePoint === 0xad ? 0 : 1;
  if (codePoint >= 0x2500 && codePoint <= 0x25fc) return 1;
  if (codePoint >= 0x2800 && codePoint <= 0x28ff) return 1;
  for (const [first, last] of WIDE) {
    if (codePoint < first) break;
    if (codePoint <= last) return 2;
  }
  return ZERO_WIDTH.test(String.fromCodePoint(codePoint)) ? 0 : 1;
}
