import { messageOf } from '../../model/errors.js';
import { printValue } from './go-print.js';
import { isTruth, TEMPLATE_FUNCTIONS } from './template-functions.js';
import { TemplateError } from './template-lexer.js';
import { type BranchNode, type Operand, type Pipe, parseTemplate, type TemplateNode } from './template-parser.js';

export interface Template {
  /** The text for one value. Throws TemplateError with Go's message. */
  execute(value: unknown): string;
}

export interface TemplateOptions {
  /** What a missing field's message says of the value: `map has no entry for key "X"` where absent. */
  readonly typeName?: string;
}

const NAMES: ReadonlySet<string> = new Set(Object.keys(TEMPLATE_FUNCTIONS));

/** Fields that are maps in Docker's Go types: a key that such a map does not have is no mistake, but has no value. */
const GO_MAPS: ReadonlySet<string> = new Set([
  ...['Annotations', 'Attributes', 'ExposedPorts', 'Labels', 'Networks', 'Options', 'PortBindings', 'Ports'],
  ...['Sysctls', 'Tmpfs', 'Volumes'],
]);

/**
 * Compiles a format in the part of Go's text/template that Docker's users write: fields, pipes, variables, if, with,
 * range, and the functions of template-functions.ts. A field that is a function takes the arguments that follow it.
 */
export function compileTemplate(source: string, options: TemplateOptions = {}): Template {
  const nodes = parseTemplate(source, NAMES);
  return { execute: (value) => new Execution(value, options).run(nodes) };
}

type Scope = ReadonlyMap<string, unknown>;

class Execution {
  readonly #options: TemplateOptions;
  readonly #root: unknown;
  readonly #out: string[] = [];

  constructor(root: unknown, options: TemplateOptions) {
    this.#root = root;
    this.#options = options;
  }

  run(nodes: readonly TemplateNode[]): string {
    this.#list(nodes, this.#root, new Map([['$', this.#root]]));
    return this.#out.join('');
  }

  #list(nodes: readonly TemplateNode[], dot: unknown, outer: Scope): void {
    const scope = new Map(outer);
    for (const node of nodes) {
      if (node.kind === 'text') {
        this.#out.push(node.text);
      } else if (node.kind === 'print') {
        this.#print(node.pipe, dot, scope);
      } else {
        this.#branch(node, dot, scope);
      }
    }
  }

  #print(pipe: Pipe, dot: unknown, scope: Map<string, unknown>): void {
    const value = this.#pipe(pipe, dot, scope);
    const [name] = pipe.variables;
    if (name === undefined) {
      this.#out.push(value === undefined ? '<no value>' : printValue(value));
    } else {
      scope.set(name, value);
    }
  }

  #branch(node: BranchNode, dot: unknown, scope: Scope): void {
    const value = this.#pipe(node.pipe, dot, scope);
    if (node.kind === 'range') {
      this.#range(node, { value, dot }, scope);
      return;
    }
    const inner = new Map(scope);
    const [name] = node.pipe.variables;
    if (name !== undefined) {
      inner.set(name, value);
    }
    if (isTruth(value)) {
      this.#list(node.body, node.kind === 'with' ? value : dot, inner);
    } else {
      this.#list(node.otherwise, dot, inner);
    }
  }

  #range(node: BranchNode, over: { readonly value: unknown; readonly dot: unknown }, scope: Scope): void {
    const entries = entriesOf(over.value);
    if (entries.length === 0) {
      this.#list(node.otherwise, over.dot, scope);
    }
    const names = node.pipe.variables;
    for (const [key, item] of entries) {
      const inner = new Map(scope);
      const [keyName, itemName] = names.length === 1 ? [undefined, names[0]] : names;
      if (keyName !== undefined) {
        inner.set(keyName, key);
      }
      if (itemName !== undefined) {
        inner.set(itemName, item);
      }
      this.#list(node.body, item, inner);
    }
  }

  #pipe(pipe: Pipe, dot: unknown, scope: Scope): unknown {
    let piped: readonly unknown[] = [];
    for (const command of pipe.commands) {
      piped = [this.#command(command, piped, { dot, scope })];
    }
    return piped[0];
  }

  #command(operands: readonly Operand[], piped: readonly unknown[], at: Place): unknown {
    const [first, ...rest] = operands;
    if (first === undefined) {
      return undefined;
    }
    const values = () => [...rest.map((operand) => this.#operand(operand, at)), ...piped];
    if (first.value.kind === 'function') {
      const name = first.value.name;
      const call = TEMPLATE_FUNCTIONS[name];
      return this.#call(first, name, () => call?.(...values()));
    }
    const value = this.#operand(first, at, values);
    if (piped.length + rest.length > 0 && first.fields.length === 0) {
      throw this.#error(first, `can't give argument to non-function ${describe(first)}`);
    }
    return value;
  }

  #operand(operand: Operand, at: Place, values: () => readonly unknown[] = () => []): unknown {
    let value = this.#value(operand, at);
    for (const [index, name] of operand.fields.entries()) {
      const isMap = GO_MAPS.has(operand.fields[index - 1] ?? '');
      value = isMap ? lookUp(value, name) : this.#field(value, name, operand);
      if (typeof value === 'function') {
        const method = value;
        value = this.#call(operand, name, () => method(...(index === operand.fields.length - 1 ? values() : [])));
      }
    }
    return value;
  }

  #value({ value, line, column, fields }: Operand, at: Place): unknown {
    switch (value.kind) {
      case 'dot':
        return at.dot;
      case 'variable':
        if (!at.scope.has(value.name)) {
          throw new TemplateError('parse', `template: :${line}: undefined variable "${value.name}"`);
        }
        return at.scope.get(value.name);
      case 'literal':
        return value.value;
      case 'group':
        return this.#pipe(value.pipe, at.dot, at.scope);
      case 'function':
        return this.#command([{ value, line, column, fields }], [], at);
    }
  }

  #field(value: unknown, name: string, operand: Operand): unknown {
    if (value === null || value === undefined) {
      throw this.#error(operand, `nil pointer evaluating interface {}.${name}`);
    }
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw this.#error(
        operand,
        `can't evaluate field ${name} in type ${Array.isArray(value) ? '[]interface {}' : typeof value}`,
      );
    }
    const found = (value as Readonly<Record<string, unknown>>)[name];
    if (found === undefined && !Object.hasOwn(value, name)) {
      const { typeName } = this.#options;
      const reason =
        typeName === undefined
          ? `map has no entry for key "${name}"`
          : `can't evaluate field ${name} in type ${typeName}`;
      throw this.#error(operand, reason);
    }
    return found;
  }

  #call(operand: Operand, name: string, run: () => unknown): unknown {
    try {
      return run();
    } catch (error) {
      if (error instanceof TemplateError) {
        throw error;
      }
      throw this.#error(operand, `error calling ${name}: ${messageOf(error)}`);
    }
  }

  #error(operand: Operand, reason: string): TemplateError {
    const place = `${operand.line}:${operand.column}`;
    return new TemplateError('execute', `template: :${place}: executing "" at <${describe(operand)}>: ${reason}`);
  }
}

interface Place {
  readonly dot: unknown;
  readonly scope: Scope;
}

/** A key of a Go map, nil too. */
function lookUp(map: unknown, key: string): unknown {
  return typeof map === 'object' && map !== null && Object.hasOwn(map, key)
    ? (map as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

/** The operand as it was written, near enough for a message. */
function describe({ value, fields }: Operand): string {
  const path = fields.map((field) => `.${field}`).join('');
  switch (value.kind) {
    case 'dot':
      return path === '' ? '.' : path;
    case 'variable':
    case 'function':
      return `${value.name}${path}`;
    case 'literal':
      return `${JSON.stringify(value.value)}${path}`;
    case 'group':
      return `(...)${path}`;
  }
}

/** What range goes over: items with their index, or a map's fields by key, in the order of the keys. */
function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (Array.isArray(value)) {
    return value.map((item, index) => [index, item]);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  }
  return [];
}
