import type { Key } from 'ink';

const CONTROL_NAMES: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x1b': 'esc',
  '\x7f': 'backspace',
  '\b': 'backspace',
  ' ': 'space',
};

const NAMED: readonly (readonly [keyof Key, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageDown', 'pagedown'],
  ['pageUp', 'pageup'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

/**
 * The names of the keys in one input event of Ink's. Keys that are pressed fast, or repeated while the program was busy, come as one
 * event (`jjj`), so there may be several. Names: the character itself, `space`, `enter`, `ctrl-d`, `shift-left` ...
 */
export function keyNames(input: string, key: Key): readonly string[] {
  // Of several that come together Ink keeps all but the first in the input.
  if (key.escape) return ['esc', ...[...input].map(characterName)];
  for (const [property, name] of NAMED) {
    if (key[property] === true) return [withModifiers(name, key)];
  }
  if (key.ctrl) return input === '' ? [] : [`ctrl-${input === ' ' ? 'space' : input.toLowerCase()}`];
  return [...input].map(characterName);
}

function withModifiers(name: string, key: Key): string {
  if (key.ctrl) return `ctrl-${name}`;
  return key.shift ? `shift-${name}` : name;
}

function characterName(character: string): string {
  const named = CONTROL_NAMES[character];
  if (named !== undefined) return named;
  const code = character.charCodeAt(0);
  return code < 0x20 ? `ctrl-${String.fromCharCode(code + 0x60)}` : character;
}

const NAMES: ReadonlySet<string> = new Set([...NAMED.map(([, name]) => name), 'space']);

/** Whether a terminal can send a key of that name: ctrl-h, ctrl-i, ctrl-j and ctrl-m are backspace, tab and enter there. */
export function isKeyName(text: string): boolean {
  if ([...text].length === 1) return text > ' ' && text !== '\x7f';
  const [, modifier, name = ''] = /^(?:(ctrl|shift)-)?(.+)$/u.exec(text) ?? [];
  if (modifier === 'ctrl')
    return /^[a-gk-ln-z]$/.test(name) || ['space', 'left', 'right', 'up', 'down', 'home', 'end'].includes(name);
  if (modifier === 'shift') return NAMES.has(name) && name !== 'space' && name !== 'esc';
  return NAMES.has(name);
}
