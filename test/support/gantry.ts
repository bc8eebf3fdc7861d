import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cgroupParentOf } from '../../src/engine/system.js';
import { startInTerminal, type TerminalOptions, type TerminalProgram } from './terminal.js';

/** The program as people start it; tests run from the root of the repository. */
export const BUNDLE = join(process.cwd(), 'dist/bundle/gantry.cjs');
/** As the script `gantry` starts it. */
export const GANTRY_ARGS = [
  '--disable-warning=ExperimentalWarning',
  '--min-semi-space-size=2',
  '--max-semi-space-size=2',
  '--',
  BUNDLE,
];

export interface GantryResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface GantryProcess {
  readonly pid: number;
  readonly result: Promise<GantryResult>;
  /** What has been printed so far. */
  readonly printed: { stdout: string; stderr: string };
  kill(signal: NodeJS.Signals): void;
}

/** The real program, as people start it, on a state root of its own. */
export interface Gantry {
  readonly folder: string;
  run(words: readonly string[], stdin?: string | Uint8Array): Promise<GantryResult>;
  /** What a command that must succeed prints, without the line feed at its end. */
  print(...words: readonly string[]): Promise<string>;
  /** Exit code and first line of the complaint of a command. */
  refusal(...words: readonly string[]): Promise<string>;
  start(words: readonly string[], stdin?: string | Uint8Array): GantryProcess;
  /** In a terminal of 80 columns and 24 rows, or of another size. */
  startInTerminal(words: readonly string[], size?: Pick<TerminalOptions, 'columns' | 'rows'>): TerminalProgram;
  /** Removes every container, then the state; rejects where a mount or a cgroup is left. */
  close(): Promise<void>;
}

/** Its processes are started by a command that begins with the words `by`, where there are any; `folder` goes when it is closed. */
export function openGantry(
  by: readonly string[] = [],
  folder: string = mkdtempSync(join(tmpdir(), 'gantry-e2e-')),
): Gantry {
  const env = {
    ...process.env,
    GANTRY_ROOT: join(folder, 'root'),
    GANTRY_RUN_ROOT: join(folder, 'run'),
    FROM_CALLER: 'yes',
    // No user's settings, and nothing of the internet: what is not on loopback is refused at once.
    XDG_CONFIG_HOME: join(folder, 'xdg'),
    DOCKER_CONFIG: join(folder, 'docker'),
    GANTRY_CONFIG: join(folder, 'config'),
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '',
  };
  const toCommand = (words: readonly string[]): readonly [string, readonly string[]] => {
    const [program = '', ...args] = [...by, process.execPath, ...GANTRY_ARGS, ...words];
    return [program, args];
  };
  const start: Gantry['start'] = (words, stdin) => {
    const [program, args] = toCommand(words);
    const child = spawn(program, [...args], {
      env,
      cwd: folder,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const printed = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      printed.stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      printed.stderr += chunk.toString();
    });
    // The program may end without reading what it was given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
    const result = new Promise<GantryResult>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, ...printed }));
    });
    return { pid: child.pid ?? 0, result, printed, kill: (signal) => child.kill(signal) };
  };
  const run: Gantry['run'] = (words, stdin) => start(words, stdin).result;
  return {
    folder,
    start,
    run,
    ...printers(run),
    startInTerminal: (words, size = { columns: 80, rows: 24 }) =>
      startInTerminal(...toCommand(words), { ...size, env, cwd: folder }),
    close: async () => {
      const { stdout } = await run(['ps', '-aq', '--no-trunc']);
      const ids = stdout.split('\n').filter((id) => id !== '');
      const removed = ids.length === 0 ? undefined : await run(['rm', '-fv', ...ids]);
      // The last engine takes down what no container needs any more, and a list of settled containers opens none.
      if (ids.length === 0) await run(['images']);
      const mounts = readFileSync('/proc/self/mounts', 'utf8')
        .split('\n')
        .filter((line) => line.includes(folder));
      const groups = removeCgroups(cgroupParentOf(env.GANTRY_ROOT, ''));
      rmSync(folder, { recursive: true, force: true });
      assert.equal(removed?.code ?? 0, 0, `containers are left: ${removed?.stderr}`);
      assert.deepEqual(mounts, [], 'left mounted');
      assert.deepEqual(groups, [], 'left in the cgroup of the root');
    },
  };
}

/** What tests ask of most commands. */
export function printers(run: Gantry['run']): Pick<Gantry, 'print' | 'refusal'> {
  return {
    print: async (...words) => {
      const { code, stdout, stderr } = await run(words);
      assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
      return stdout.trimEnd();
    },
    refusal: async (...words) => {
      const { code, stderr } = await run(words);
      return `${code} ${stderr.split('\n')[0]}`;
    },
  };
}

/** Removes the root's own cgroup in every hierarchy; what is still in one of them is named. */
function removeCgroups(parent: string): readonly string[] {
  const mount = '/sys/fs/cgroup';
  const groups = ['', ...readdirSync(mount)].map((hierarchy) => join(mount, hierarchy, parent));
  return groups.filter(existsSync).flatMap((group) => {
    const left = readdirSync(group, { withFileTypes: true }).filter((child) => child.isDirectory());
    if (left.length === 0 && existsSync(group)) {
      rmdirSync(group);
    }
    return left.map(({ name }) => join(group, name));
  });
}
