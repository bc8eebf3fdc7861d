import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** A program of the host that makes one file of another. */
export interface LimitedProgram {
  /** Path of gantry-init, whose role `limited` it is started by. */
  readonly helper: string;
  /** Its path and arguments. */
  readonly words: readonly string[];
  /** What it reads from stdin. */
  readonly from: string;
  /** What it writes to stdout; made here. */
  readonly to: string;
  /** That may become no longer. */
  readonly mostBytes: number;
}

export interface ProgramEnd {
  /** Null where it could not be started, or was ended by a signal: SIGXFSZ at `mostBytes`. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LimitedProcess {
  /** Undefined while it runs. */
  readonly end: ProgramEnd | undefined;
  readonly ended: Promise<void>;
  kill(): void;
}

/** It ends with this process. Throws as open(2). */
export function startLimited({ helper, words, from, to, mostBytes }: LimitedProgram): LimitedProcess {
  const input = openSync(from, 'r');
  try {
    const output = openSync(to, 'wx', 0o600);
    try {
      return follow(
        spawn(helper, ['limited', String(mostBytes), ...words], { stdio: [input, output, 'ignore'], env: {} }),
      );
    } finally {
      closeSync(output);
    }
  } finally {
    closeSync(input);
  }
}

function follow(child: ReturnType<typeof spawn>): LimitedProcess {
  const ended = Promise.withResolvers<void>();
  let end: ProgramEnd | undefined;
  const tell = (code: number | null, signal: NodeJS.Signals | null) => {
    end ??= { code, signal };
    ended.resolve();
  };
  child.on('error', () => tell(null, null));
  child.on('exit', tell);
  return {
    get end() {
      return end;
    },
    ended: ended.promise,
    kill: () => void child.kill('SIGKILL'),
  };
}
