export type GraphStyle = 'braille' | 'block' | 'ascii';

/** Characters of one cell each that the screen is drawn with. */
export interface Glyphs {
  readonly graph: GraphStyle;
  readonly frame: FrameGlyphs;
  readonly state: Readonly<
    Record<'running' | 'paused' | 'exited' | 'failed' | 'created' | 'restarting' | 'removing', string>
  >;
  readonly cursor: string;
  readonly folded: string;
  readonly unfolded: string;
  readonly limit: string;
  readonly axis: { readonly vertical: string; readonly corner: string; readonly horizontal: string };
  readonly mark: string;
  readonly check: string;
  readonly cross: string;
  readonly infinity: string;
  readonly ellipsis: string;
  readonly arrow: string;
  readonly down: string;
  readonly up: string;
  readonly times: string;
  readonly slider: {
    readonly left: string;
    readonly right: string;
    readonly filled: string;
    readonly empty: string;
    readonly knob: string;
  };
  readonly enter: string;
}

export interface FrameGlyphs {
  readonly topLeft: string;
  readonly top: string;
  readonly topRight: string;
  readonly left: string;
  readonly bottomLeft: string;
  readonly bottom: string;
  readonly bottomRight: string;
  readonly right: string;
}

const UNICODE: Glyphs = {
  graph: 'braille',
  frame: {
    topLeft: '╭',
    top: '─',
    topRight: '╮',
    left: '│',
    bottomLeft: '╰',
    bottom: '─',
    bottomRight: '╯',
    right: '│',
  },
  state: { running: '●', paused: '‖', exited: '○', failed: '✖', created: '◌', restarting: '↻', removing: '…' },
  cursor: '▸',
  folded: '▹',
  unfolded: '▿',
  limit: '┈',
  axis: { vertical: '│', corner: '└', horizontal: '─' },
  mark: '▲',
  check: '✓',
  cross: '✗',
  infinity: '∞',
  ellipsis: '…',
  arrow: '→',
  down: '↓',
  up: '↑',
  times: '×',
  slider: { left: '├', right: '┤', filled: '━', empty: '─', knob: '●' },
  enter: '↵',
};

/** Characters of East Asian "ambiguous" width are two cells wide in CJK locales: the frame stays, symbols are replaced. */
const NARROW: Pick<
  Glyphs,
  'state' | 'cursor' | 'folded' | 'unfolded' | 'mark' | 'times' | 'infinity' | 'slider' | 'enter'
> = {
  state: { running: '*', paused: '"', exited: 'o', failed: 'x', created: '.', restarting: '~', removing: '-' },
  cursor: '>',
  folded: '+',
  unfolded: '-',
  mark: '^',
  times: 'x',
  infinity: '-',
  slider: { left: '[', right: ']', filled: '=', empty: '-', knob: 'O' },
  enter: 'enter',
};

const ASCII: Glyphs = {
  ...UNICODE,
  ...NARROW,
  graph: 'ascii',
  frame: {
    topLeft: '+',
    top: '-',
    topRight: '+',
    left: '|',
    bottomLeft: '+',
    bottom: '-',
    bottomRight: '+',
    right: '|',
  },
  limit: '.',
  axis: { vertical: '|', corner: '+', horizontal: '-' },
  check: '+',
  cross: 'x',
  ellipsis: '~',
  arrow: '>',
  down: 'v',
  up: '^',
};

/** The characters for a terminal, by its environment: ASCII where it is asked for, and on the Linux console, careful ones for CJK locales. */
export function selectGlyphs(env: Readonly<Record<string, string | undefined>>, isAscii = false): Glyphs {
  if (isAscii || env['TERM'] === 'dumb') return ASCII;
  const locale = env['LC_ALL'] ?? env['LC_CTYPE'] ?? env['LANG'] ?? '';
  if (env['TERM'] === 'linux') return { ...ASCII, graph: 'block' };
  if (/^(ja|ko|zh)/.test(locale)) return { ...UNICODE, ...NARROW, enter: '↵' };
  return UNICODE;
}

/** The characters with another way to draw graphs; the same object for the same way. */
export function createGlyphSelection(base: Glyphs): (style: GraphStyle | undefined) => Glyphs {
  const made = new Map<GraphStyle | undefined, Glyphs>([[undefined, base]]);
  return (style) => {
    const glyphs = made.get(style) ?? { ...base, graph: style ?? base.graph };
    made.set(style, glyphs);
    return glyphs;
  };
}
