/** A piece of a template: text as it is, or the tokens of one action between the braces. */
export type TemplatePiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly Token[]; readonly line: number };

export interface Token {
  readonly kind: 'field' | 'dot' | 'variable' | 'string' | 'number' | 'word' | 'mark';
  /** A string's value without quotes; a field's name without its dot; else as written. */
  readonly text: string;
  /** Line and column of Go's messages: lines from 1, columns from 0. */
  readonly line: number;
  readonly column: number;
  /** True where white space stands before it: `f .x` has two operands, `$a.x` one. */
  readonly spaced: boolean;
}

/** A template that cannot be parsed or executed; the message is Go's. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly phase: 'parse' | 'execute';

  constructor(phase: 'parse' | 'execute', message: string) {
    super(message);
    this.phase = phase;
  }
}

/** Cuts a template at its braces; `{{-` and `-}}` take the white space beside them away. */
export function splitTemplate(source: string): readonly TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let at = 0;
  let trimNext = false;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    const text = source.slice(at, open < 0 ? undefined : open);
    const trimEnd = open >= 0 && /^\{\{-\s/.test(source.slice(open, open + 4));
    pushText(pieces, trimNext ? text.trimStart() : text, trimEnd);
    if (open < 0) {
      break;
    }
    const line = lineAt(source, open);
    const close = findClose(source, open + 2);
    if (close < 0) {
      throw new TemplateError('parse', `template: :${line}: unclosed action`);
    }
    trimNext = /\s-$/.test(source.slice(open, close));
    const from = open + (trimEnd ? 3 : 2);
    const body = source.slice(from, trimNext ? close - 1 : close);
    pieces.push(...toAction({ body, source, from, line }));
    at = close + 2;
  }
  return pieces;
}

interface ActionText {
  readonly body: string;
  readonly source: string;
  readonly from: number;
  readonly line: number;
}

/** The action of a body, or nothing where it is a comment. */
function toAction({ body, source, from, line }: ActionText): readonly TemplatePiece[] {
  const isComment = /^\s*\/\*[\s\S]*\*\/\s*$/.test(body);
  return isComment ? [] : [{ kind: 'action', tokens: lexAction(body, source, from), line }];
}

function pushText(pieces: TemplatePiece[], text: string, trimEnd: boolean): void {
  const kept = trimEnd ? text.trimEnd() : text;
  if (kept !== '') {
    pieces.push({ kind: 'text', text: kept });
  }
}

/** Where the action that begins at `from` ends: the first braces that are not inside a string. */
function findClose(source: string, from: number): number {
  const pattern = /"(?:\\.|[^"\\\n])*"|`[^`]*`|\}\}/g;
  pattern.lastIndex = from;
  for (let match = pattern.exec(source); match !== null; match = pattern.exec(source)) {
    if (match[0] === '}}') {
      return match.index;
    }
  }
  return -1;
}

const PATTERNS: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /\s+/y],
  ['string', /"(?:\\.|[^"\\])*"|`[^`]*`/y],
  ['number', /[-+]?\d+(?:\.\d+)?/y],
  ['field', /\.[A-Za-z_][A-Za-z0-9_]*/y],
  ['dot', /\./y],
  ['variable', /\$[A-Za-z0-9_]*/y],
  ['word', /[A-Za-z_][A-Za-z0-9_]*/y],
  ['mark', /:=|[|(),=]/y],
];

function lexAction(body: string, source: string, offset: number): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let spaced = true;
  while (at < body.length) {
    const [kind, text] = lexOne(body, at, lineAt(source, offset + at));
    if (kind === 'space') {
      spaced = true;
    } else {
      tokens.push({ kind, text: tokenText(kind, text), ...placeOf(source, offset + at), spaced });
      spaced = false;
    }
    at += text.length;
  }
  return tokens;
}

function lexOne(body: string, at: number, line: number): readonly [Token['kind'] | 'space', string] {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const text = pattern.exec(body)?.[0];
    if (text !== undefined) {
      return [kind, text];
    }
  }
  const character = body[at] ?? '';
  const message = character === '"' ? 'unterminated quoted string' : `unexpected "${character}" in command`;
  throw new TemplateError('parse', `template: :${line}: ${message}`);
}

function tokenText(kind: Token['kind'], text: string): string {
  if (kind === 'field') {
    return text.slice(1);
  }
  if (kind !== 'string') {
    return text;
  }
  return text.startsWith('`') ? text.slice(1, -1) : unquote(text);
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\', "'": "'" };

/** The value of a string in double quotes, with Go's escapes. */
function unquote(text: string): string {
  return text
    .slice(1, -1)
    .replaceAll(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/g, (_, code: string) =>
      /^[xu]./.test(code) ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? code),
    );
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}

function placeOf(source: string, offset: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)?.length ?? 0 };
}
