import { EngineError } from '../model/errors.js';

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

/** What Docker's client refuses of a container before it asks its engine. */
export class ClientRefusal extends EngineError {}

/** 128 + SIGPIPE: how a shell sees a program that this signal ends. */
const EXIT_READER_GONE = 141;

/** Nobody reads the output any more (`gantry logs | head`): the command ends, and there is nobody to tell. */
export class ReaderGoneError extends CliError {
  constructor() {
    super('', EXIT_READER_GONE);
  }
}
