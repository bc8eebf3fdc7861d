/** The process of a container or exec of the fake engine, as its program sees it. */
export interface FakeProcess {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly tty: boolean;
  readonly stdin: AsyncIterable<Uint8Array>;
  print(text: string, stream?: 'stdout' | 'stderr'): void;
  /** Resolves with the exit code when a signal ends the process. */
  readonly ended: Promise<number>;
}

export type FakeProgram = (process: FakeProcess) => Promise<number>;

/** The programs of the fake engine's images by the base name of argv[0]; any other name runs until a signal ends it. */
export const FAKE_PROGRAMS: Readonly<Record<string, FakeProgram>> = {
  true: () => Promise.resolve(0),
  false: () => Promise.resolve(1),
  echo: (process) => {
    process.print(`${process.argv.slice(1).join(' ')}\n`);
    return Promise.resolve(0);
  },
  env: (process) => {
    process.print(
      Object.entries(process.env)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    );
    return Promise.resolve(0);
  },
  cat: async (process) => {
    for await (const bytes of process.stdin) {
      process.print(Buffer.from(bytes).toString());
    }
    return 0;
  },
  sh: runShell,
};

/** `echo`, `echo … >&2`, `exit N` and `sleep`, separated by `;` after -c or line by line on stdin. */
async function runShell(process: FakeProcess): Promise<number> {
  if (process.argv[1] === '-c') {
    return (await runLine(process, process.argv[2] ?? '')) ?? 0;
  }
  let rest = '';
  for await (const bytes of process.stdin) {
    const text = Buffer.from(bytes).toString();
    if (process.tty) {
      process.print(text.replaceAll('\r', '\r\n'));
    }
    const lines = (rest + text).split(/\r|\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const code = await runLine(process, line);
      if (code !== undefined) {
        return code;
      }
    }
  }
  return 0;
}

async function runLine(process: FakeProcess, line: string): Promise<number | undefined> {
  for (const command of line.split(';').map((part) => part.trim())) {
    const [word, ...rest] = command.split(/\s+/);
    if (word === 'exit') {
      return Number(rest[0] ?? 0);
    }
    if (word === 'sleep') {
      return await process.ended;
    }
    if (word === 'echo') {
      const stream = rest.at(-1) === '>&2' ? 'stderr' : 'stdout';
      const words = stream === 'stderr' ? rest.slice(0, -1) : rest;
      process.print(`${words.join(' ')}\n`, stream);
    }
  }
  return undefined;
}
