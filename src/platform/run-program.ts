export interface RunOptions {
  readonly signal?: AbortSignal;
  /** The whole environment; absent: that of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the program reads from stdin; absent: nothing. */
  readonly input?: string;
  /** Called with each line of stdout and stderr, as they come. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program of the host to its end, without a shell, and resolves with its stdout and exit code.
 * Rejects with execa's error where it cannot be started (`code` ENOENT: not found) or was ended by `signal`.
 * Loads execa at the first call: nothing of a container's start needs it.
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<{ readonly stdout: string; readonly exitCode: number }> {
  const { execa } = await import('execa');
  function* tell(line: unknown): Generator<string> {
    options.onLine?.(String(line));
    yield String(line);
  }
  const result = await execa(file, args, {
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    stdout: tell,
    stderr: tell,
    reject: false,
    stripFinalNewline: false,
    ...(options.signal && { cancelSignal: options.signal }),
    ...(options.env && { env: options.env, extendEnv: false }),
  });
  if (result.exitCode === undefined && !result.isTerminated) throw result;
  if (result.isCanceled) throw result;
  return { stdout: result.stdout, exitCode: result.exitCode ?? 255 };
}
