import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';

/** What a program says on stderr is kept up to this. */
const SAID_BYTES = 4096;

/**
 * A program as a connection: what is written is its stdin, what it prints is read. It is ended with the connection. Destroyed with an
 * error that has the program's own last words where it could not be started, or ended as a failure.
 */
export function dialProgram(file: string, args: readonly string[]): Duplex {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const { stdin, stdout, stderr } = child;
  const connection = Duplex.from({ readable: stdout, writable: stdin });
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < SAID_BYTES) said += text;
  });
  const fail = (reason: string): void => {
    const words = said.trim();
    connection.destroy(new Error(words === '' ? `${file}: ${reason}` : `${file}: ${reason}: ${words}`));
  };
  child.on('error', (error) => fail(error.message));
  child.on('close', (code, signal) => {
    if (code !== 0) fail(`exit ${code ?? signal}`);
  });
  connection.on('close', () => child.kill());
  return connection;
}
