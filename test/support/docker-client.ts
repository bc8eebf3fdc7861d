import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiWorld } from './api.js';

export interface DockerResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real docker client, against an API under test. */
export interface DockerClient {
  run(words: readonly string[], stdin?: string | Uint8Array): Promise<DockerResult>;
  /** What a command that must succeed prints, without the line feed at its end. */
  print(...words: readonly string[]): Promise<string>;
  /** Exit code and first line of the complaint of a command. */
  refusal(...words: readonly string[]): Promise<string>;
}

/** The oldest whose output the tests know. */
const MAJOR_MIN = 28;

/** Why the client that is on PATH cannot be used; undefined where it can. */
export function findDockerProblem(): string | undefined {
  const text = execFileSync('docker', ['--version']).toString();
  const major = Number(/version (\d+)/.exec(text)?.[1] ?? 0);
  return major >= MAJOR_MIN ? undefined : `needs docker ${MAJOR_MIN}, found ${text.trim()}`;
}

/** Its settings are the test's own. */
export function openDockerClient({ folder, host }: Pick<ApiWorld, 'folder' | 'host'>): DockerClient {
  const config = join(folder, 'docker-config');
  mkdirSync(config, { recursive: true });
  const env = { PATH: process.env['PATH'], HOME: folder, DOCKER_CONFIG: config, DOCKER_HOST: host, LC_ALL: 'C' };
  const run: DockerClient['run'] = (words, stdin) => {
    const child = spawn('docker', words, { env, cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // It may end without reading what it was given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin ?? '');
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  };
  return {
    run,
    print: async (...words) => {
      const { code, stdout, stderr } = await run(words);
      assert.equal(code, 0, `docker ${words.join(' ')}: ${stderr}`);
      return stdout.trimEnd();
    },
    refusal: async (...words) => {
      const { code, stderr } = await run(words);
      return `${code} ${stderr.split('\n')[0]}`;
    },
  };
}
