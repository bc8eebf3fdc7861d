/** A line of text that is being typed; `cursor` counts characters. */
export interface TextField {
  readonly text: string;
  readonly cursor: number;
}

/** The field after a key; undefined where the key means nothing to it. */
export function editTextField({ text, cursor }: TextField, key: string): TextField | undefined {
  const characters = [...text];
  const at = Math.min(cursor, characters.length);
  const join = (kept: readonly string[], next: number): TextField => ({ text: kept.join(''), cursor: next });
  switch (key) {
    case 'left':
      return { text, cursor: Math.max(0, at - 1) };
    case 'right':
      return { text, cursor: Math.min(characters.length, at + 1) };
    case 'home':
    case 'ctrl-a':
      return { text, cursor: 0 };
    case 'end':
    case 'ctrl-e':
      return { text, cursor: characters.length };
    case 'backspace':
      return join([...characters.slice(0, Math.max(0, at - 1)), ...characters.slice(at)], Math.max(0, at - 1));
    case 'delete':
      return join([...characters.slice(0, at), ...characters.slice(at + 1)], at);
    case 'ctrl-u':
      return join(characters.slice(at), 0);
    case 'ctrl-k':
      return join(characters.slice(0, at), at);
    case 'ctrl-w':
      return deleteWord(characters, at);
    default: {
      const typed = key === 'space' ? ' ' : key;
      if ([...typed].length !== 1) return undefined;
      return join([...characters.slice(0, at), typed, ...characters.slice(at)], at + 1);
    }
  }
}

function deleteWord(characters: readonly string[], at: number): TextField {
  let start = at;
  while (start > 0 && characters[start - 1] === ' ') start--;
  while (start > 0 && characters[start - 1] !== ' ') start--;
  return { text: [...characters.slice(0, start), ...characters.slice(at)].join(''), cursor: start };
}
