import { writeSync } from 'node:fs';
import { writeOutput } from './cli/write-output.js';

export interface StandardOutput {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** As writeOutput to `stdout`. */
  print(data: string | Uint8Array): Promise<void>;
  /** Resolves when all that was written has left the process, or nobody reads it. */
  drain(): Promise<void>;
}

/**
 * The standard streams of this process, made when they are asked for: Node loads all of its streams for the first, which is 5 ms of
 * a command that prints a table. `onFailure`: one of them cannot be written.
 */
export function openStandardOutput(onFailure: () => void): StandardOutput {
  const made = new Map<'stdout' | 'stderr', NodeJS.WriteStream>();
  const open = (name: 'stdout' | 'stderr'): NodeJS.WriteStream => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const stream = process[name];
    stream.on('error', onFailure);
    made.set(name, stream);
    return stream;
  };
  return {
    get stdout() {
      return open('stdout');
    },
    get stderr() {
      return open('stderr');
    },
    print: async (data) => {
      // What the stream has comes first.
      const rest = made.has('stdout') ? data : writeAtOnce(typeof data === 'string' ? Buffer.from(data) : data);
      if (rest.length > 0) await writeOutput(open('stdout'), rest);
    },
    drain: async () => {
      await Promise.all([...made.values()].map(drain));
    },
  };
}

/** Returns what is left where it cannot be written now, or not at all: the stream waits, or knows why. */
function writeAtOnce(data: Uint8Array): Uint8Array {
  let rest = data;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest));
  } catch {
    // The stream meets it too.
  }
  return rest;
}

const STDOUT = 1;

function drain(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) {
      resolve();
    } else {
      stream.write('', () => resolve());
    }
  });
}
