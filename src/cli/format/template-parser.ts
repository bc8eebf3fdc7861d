import { splitTemplate, TemplateError, type TemplatePiece, type Token } from './template-lexer.js';

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: Pipe }
  | BranchNode;

export interface BranchNode {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipe: Pipe;
  readonly body: readonly TemplateNode[];
  readonly otherwise: readonly TemplateNode[];
}

/** `$a, $b := command | command`. */
export interface Pipe {
  /** Names with their dollar sign. */
  readonly variables: readonly string[];
  readonly commands: readonly (readonly Operand[])[];
}

export interface Operand {
  readonly value:
    | { readonly kind: 'dot' }
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
    | { readonly kind: 'function'; readonly name: string }
    | { readonly kind: 'group'; readonly pipe: Pipe };
  /** The fields asked of it one after the other: `.State.Health` has two. */
  readonly fields: readonly string[];
  readonly line: number;
  readonly column: number;
}

const LITERALS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['nil', null],
]);

/** Parses the part of Go's text/template that formats are written in. Throws TemplateError with Go's message. */
export function parseTemplate(source: string, functions: ReadonlySet<string>): readonly TemplateNode[] {
  const parser = new Parser(splitTemplate(source), functions);
  const nodes = parser.parseList();
  parser.expectEnd();
  return nodes;
}

class Parser {
  readonly #pieces: readonly TemplatePiece[];
  readonly #functions: ReadonlySet<string>;
  #at = 0;

  constructor(pieces: readonly TemplatePiece[], functions: ReadonlySet<string>) {
    this.#pieces = pieces;
    this.#functions = functions;
  }

  /** The nodes up to an `else`, an `end` or the end of the template, which stay. */
  parseList(): readonly TemplateNode[] {
    const nodes: TemplateNode[] = [];
    for (let piece = this.#pieces[this.#at]; piece !== undefined; piece = this.#pieces[this.#at]) {
      if (piece.kind === 'action' && ['else', 'end'].includes(wordOf(piece))) {
        break;
      }
      this.#at += 1;
      nodes.push(piece.kind === 'text' ? piece : this.#parseAction(piece.tokens, piece.line));
    }
    return nodes;
  }

  expectEnd(): void {
    const piece = this.#pieces[this.#at];
    if (piece?.kind === 'action') {
      throw new TemplateError('parse', `template: :${piece.line}: unexpected {{${wordOf(piece)}}}`);
    }
  }

  #parseAction(tokens: readonly Token[], line: number): TemplateNode {
    const word = tokens[0]?.kind === 'word' ? tokens[0].text : '';
    if (word === 'if' || word === 'with' || word === 'range') {
      return this.#parseBranch(word, tokens.slice(1), line);
    }
    return { kind: 'print', pipe: new PipeParser(tokens, line, this.#functions).parse() };
  }

  #parseBranch(kind: BranchNode['kind'], tokens: readonly Token[], line: number): BranchNode {
    const pipe = new PipeParser(tokens, line, this.#functions).parse();
    const body = this.parseList();
    return { kind, pipe, body, otherwise: this.#parseElse() };
  }

  /** What follows the body: `end`, `else … end`, or `else if … end`, which is a branch of its own. */
  #parseElse(): readonly TemplateNode[] {
    const piece = this.#pieces[this.#at];
    if (piece?.kind !== 'action') {
      throw new TemplateError('parse', 'template: :1: unexpected EOF');
    }
    this.#at += 1;
    if (wordOf(piece) === 'end') {
      return [];
    }
    const next = piece.tokens[1];
    if (next?.text === 'if' || next?.text === 'with') {
      return [this.#parseBranch(next.text, piece.tokens.slice(2), piece.line)];
    }
    const nodes = this.parseList();
    this.#parseElse();
    return nodes;
  }
}

function wordOf(piece: TemplatePiece): string {
  const first = piece.kind === 'action' ? piece.tokens[0] : undefined;
  return first?.kind === 'word' ? first.text : '';
}

class PipeParser {
  readonly #tokens: readonly Token[];
  readonly #line: number;
  readonly #functions: ReadonlySet<string>;
  #at = 0;

  constructor(tokens: readonly Token[], line: number, functions: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#line = line;
    this.#functions = functions;
  }

  parse(): Pipe {
    const pipe = this.#parsePipe();
    const rest = this.#tokens[this.#at];
    if (rest !== undefined) {
      throw this.#error(`unexpected <${rest.text}> in command`);
    }
    return pipe;
  }

  #parsePipe(): Pipe {
    const variables = this.#parseVariables();
    const commands: (readonly Operand[])[] = [this.#parseCommand()];
    while (this.#take('|')) {
      commands.push(this.#parseCommand());
    }
    return { variables, commands };
  }

  /** `$x :=`, `$i, $x :=` or nothing. */
  #parseVariables(): readonly string[] {
    const end = this.#tokens.findIndex(({ text, kind }) => kind === 'mark' && (text === ':=' || text === '='));
    if (this.#at !== 0 || end < 0) {
      return [];
    }
    const names = this.#tokens.slice(0, end).filter(({ text }) => text !== ',');
    if (names.length === 0 || names.length > 2 || names.some(({ kind }) => kind !== 'variable')) {
      throw this.#error('unexpected ":=" in operand');
    }
    this.#at = end + 1;
    return names.map(({ text }) => text);
  }

  #parseCommand(): readonly Operand[] {
    const operands: Operand[] = [];
    for (let operand = this.#parseOperand(); operand !== undefined; operand = this.#parseOperand()) {
      operands.push(operand);
    }
    if (operands.length === 0) {
      throw this.#error('missing value for command');
    }
    return operands;
  }

  #parseOperand(): Operand | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || (token.kind === 'mark' && token.text !== '(')) {
      return undefined;
    }
    this.#at += 1;
    const { line, column } = token;
    if (token.kind === 'field') {
      return { value: { kind: 'dot' }, fields: [token.text, ...this.#parseFields()], line, column };
    }
    return { value: this.#parseValue(token), fields: this.#parseFields(), line, column };
  }

  #parseValue(token: Token): Operand['value'] {
    switch (token.kind) {
      case 'dot':
        return { kind: 'dot' };
      case 'variable':
        return { kind: 'variable', name: token.text };
      case 'string':
        return { kind: 'literal', value: token.text };
      case 'number':
        return { kind: 'literal', value: Number(token.text) };
      case 'word':
        return this.#parseWord(token.text);
      default:
        return this.#parseGroup();
    }
  }

  #parseWord(name: string): Operand['value'] {
    const literal = LITERALS.get(name);
    if (literal !== undefined) {
      return { kind: 'literal', value: literal };
    }
    if (!this.#functions.has(name)) {
      throw this.#error(`function "${name}" not defined`);
    }
    return { kind: 'function', name };
  }

  #parseGroup(): Operand['value'] {
    const pipe = this.#parsePipe();
    if (!this.#take(')')) {
      throw this.#error('unclosed left paren');
    }
    return { kind: 'group', pipe };
  }

  /** Fields that follow without white space: the `.Health` of `.State.Health`. */
  #parseFields(): readonly string[] {
    const fields: string[] = [];
    for (let token = this.#tokens[this.#at]; token?.kind === 'field' && !token.spaced; token = this.#tokens[this.#at]) {
      fields.push(token.text);
      this.#at += 1;
    }
    return fields;
  }

  #take(text: string): boolean {
    const token = this.#tokens[this.#at];
    const found = token?.kind === 'mark' && token.text === text;
    if (found) {
      this.#at += 1;
    }
    return found;
  }

  #error(message: string): TemplateError {
    return new TemplateError('parse', `template: :${this.#line}: ${message}`);
  }
}
