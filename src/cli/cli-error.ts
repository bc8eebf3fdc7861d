/** What is shown below a message: how the command is used, where its help is, or nothing. */
export type Hint = 'usage' | 'help' | 'none';

/** A mistake in what was typed, in Docker's words, with its exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  readonly hint: Hint;

  constructor(message: string, exitCode = 1, hint: Hint = 'none') {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
