import { existsSync, readFileSync } from 'node:fs';
import { isKeyName } from './key-names.js';
import { type Binding, CONTEXT_NAMES, isDialogContext, type KeyContext } from './keymap.js';

/**
 * The keys of a user: `{ "containers": { "restart": "ctrl-t", "kill": ["K", "ctrl-k"], "prune": [] } }` gives commands other keys in a
 * context, or none. The table's own keys of these commands are free then. Without the file the table is as it is. Throws where the file
 * cannot be read, or where it names what is not there, or one key for two commands of a context.
 */
export function readKeyFile(path: string, table: readonly Binding[]): readonly Binding[] {
  return existsSync(path) ? rebind(table, JSON.parse(readFileSync(path, 'utf8'))) : table;
}

/** The table with the keys of a parsed key file. Throws as `readKeyFile`. */
export function rebind(table: readonly Binding[], file: unknown): readonly Binding[] {
  const chosen = new Map<Binding, readonly string[]>();
  for (const [context, commands] of entriesOf(file, 'the document')) {
    if (!isContext(context))
      throw new Error(`there is no context ${context}; there are ${Object.keys(CONTEXT_NAMES).join(', ')}`);
    for (const [command, keys] of entriesOf(commands, context))
      chosen.set(findRow(table, context, command), parseKeys(keys, context, command));
  }
  const bound = table.map((binding) => ({ ...binding, keys: chosen.get(binding) ?? binding.keys }));
  refuseClashes(bound);
  return bound;
}

function entriesOf(value: unknown, name: string): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${name} must be an object, such as { "containers": { "restart": "ctrl-t" } }`);
  return Object.entries(value);
}

function isContext(name: string): name is KeyContext {
  return Object.hasOwn(CONTEXT_NAMES, name);
}

function findRow(table: readonly Binding[], context: KeyContext, command: string): Binding {
  const rows = table.filter((binding) => binding.command === command);
  const row = rows.find((binding) => binding.context === context);
  if (row !== undefined) return row;
  const others = rows.map((binding) => binding.context).join(', ');
  throw new Error(`${context} has no command ${command}${others === '' ? '' : `; it is one of ${others}`}`);
}

function parseKeys(value: unknown, context: KeyContext, command: string): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map((key: unknown) => {
    const where = `of ${command} in ${context}`;
    if (typeof key !== 'string' || !isKeyName(key))
      throw new Error(
        `${JSON.stringify(key)} ${where} is no key; keys are x, X, ctrl-x, enter, space, up, shift-left, pagedown and the like`,
      );
    const taken = whyNotFree(key, context, command);
    if (taken !== undefined) throw new Error(`${key} ${where} is not free: ${taken}`);
    return key;
  });
}

function whyNotFree(key: string, context: KeyContext, command: string): string | undefined {
  if (key === 'ctrl-c' && command !== 'quit-now') return 'it always leaves';
  if (key === 'esc' && isDialogContext(context)) return 'it always closes';
  if (context === 'form' && ([...key].length === 1 || key === 'space')) return 'it is typed there';
  return context === 'tune' && /^[0-9.]$/.test(key) ? 'it begins a typed value' : undefined;
}

function refuseClashes(bindings: readonly Binding[]): void {
  const seen = new Map<string, Binding>();
  for (const binding of bindings) {
    for (const key of binding.keys) {
      const place = `${binding.context} ${key}`;
      const other = seen.get(place);
      if (other !== undefined && other !== binding)
        throw new Error(`in ${binding.context} the key ${key} is both ${other.command} and ${binding.command}`);
      seen.set(place, binding);
    }
  }
}
