import { createInterface } from 'node:readline/promises';
import type { Cli } from '../command-spec.js';

/** Asks for a line. Empty where the input ends. */
export async function askLine(cli: Cli, question: string): Promise<string> {
  const lines = createInterface({ input: cli.stdin, output: cli.stdout, terminal: false });
  try {
    const answer = lines.question(question);
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    return (await Promise.race([answer, ended])).trim();
  } finally {
    lines.close();
  }
}

const INTERRUPT = '\u0003';
const END = '\u0004';
const ERASE: readonly string[] = ['\u007f', '\b'];

/** Asks for a line that does not show on the terminal. Undefined when the user gives up. */
export async function askSecret(cli: Cli, question: string): Promise<string | undefined> {
  const { stdin, stdout } = cli;
  // Before the question: what is typed as soon as that is there must not show either.
  stdin.setRawMode?.(true);
  stdout.write(question);
  stdin.resume();
  try {
    return await readSecret(stdin);
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    stdout.write('\n');
  }
}

function readSecret(stdin: Cli['stdin']): Promise<string | undefined> {
  return new Promise((resolve) => {
    let typed = '';
    const finish = (answer: string | undefined) => {
      stdin.off('data', read);
      stdin.off('end', end);
      resolve(answer);
    };
    const end = () => finish(typed);
    const read = (chunk: Uint8Array | string) => {
      const line = typeInto(typed, chunk.toString());
      typed = line.text;
      if (line.state !== 'open') finish(line.state === 'done' ? typed : undefined);
    };
    stdin.on('data', read);
    stdin.once('end', end);
  });
}

function typeInto(
  before: string,
  chunk: string,
): { readonly text: string; readonly state: 'open' | 'done' | 'given-up' } {
  let text = before;
  for (const letter of chunk) {
    if (letter === '\r' || letter === '\n') return { text, state: 'done' };
    if (letter === INTERRUPT || letter === END) return { text, state: 'given-up' };
    text = ERASE.includes(letter) ? [...text].slice(0, -1).join('') : text + letter;
  }
  return { text, state: 'open' };
}
