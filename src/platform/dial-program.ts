import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';

/** What a program says on stderr is kept up to this. */
const SAID_BYTES = 4096;

/**
 * A program as a connection: what is written is its stdin, what it prints is read, either half ends by itself. It is ended with the
 * connection. Where it could not be started, or ended as a failure, the connection is destroyed with an error that has its last words.
 */
export function dialProgram(file: string, args: readonly string[]): Duplex {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const { stdin, stdout, stderr } = child;
  let hasEnded = false;
  const connection = new Duplex({
    read: () => void stdout.resume(),
    // What it does not take shows in how it ends: that is told, and not a broken pipe.
    write: (bytes: Uint8Array, _encoding, done) =>
      void stdin.write(bytes, (error) => (error && !hasEnded ? child.once('close', () => done(error)) : done(error))),
    final: (done) => void stdin.end(() => done()),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  let said = '';
  const fail = (reason: string): void => {
    const words = said.trim();
    connection.destroy(new Error(words === '' ? `${file}: ${reason}` : `${file}: ${reason}: ${words}`));
  };
  stdin.on('error', () => undefined);
  stdout.on('data', (bytes: Uint8Array) => {
    if (!connection.push(bytes)) stdout.pause();
  });
  stderr.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < SAID_BYTES) said += text;
  });
  child.on('error', (error) => fail(error.message));
  // After its last output.
  child.on('close', (code, signal) => {
    hasEnded = true;
    if (code === 0) connection.push(null);
    else fail(`exit ${code ?? signal}`);
  });
  return connection;
}
