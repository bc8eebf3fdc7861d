import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { GANTRY_ARGS } from './gantry.js';
import { digestOf, type RegistryWorld, sendRequest } from './registry.js';

export interface RegistryProcess extends RegistryWorld {
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code when the process has ended. */
  readonly ended: Promise<number | null>;
}

/**
 * `gantry registry serve` as people start it, on a free port; `tracer` is a program with arguments in front of it. Rejects
 * where it ends before it listens.
 */
export async function startRegistryProcess(
  t: TestContext,
  folder: string,
  { flags = [], tracer = [] }: { flags?: readonly string[]; tracer?: readonly string[] } = {},
): Promise<RegistryProcess> {
  const serve = ['registry', 'serve', '--folder', folder, '--listen', '127.0.0.1:0', ...flags];
  const [file = '', ...words] = [...tracer, process.execPath, ...GANTRY_ARGS, ...serve];
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const warnings: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => void lines.push(...text.split('\n').filter(Boolean)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      warnings.push(part);
      const found = /listens on (\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then((code) => reject(new Error(`the registry ended with ${code}: ${text}`)));
  });
  const send: RegistryWorld['send'] = (method, path, ask) => sendRequest(url, method, { path, ...ask });
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  const stop = async () => {
    kill('SIGTERM');
    await ended;
  };
  return {
    ...{ url, metricsUrl: '', folder, repository: 'team/app', lines, warnings, send, stop },
    pid: child.pid ?? 0,
    kill,
    ended,
  };
}

/** All that can be pulled by a tag is whole: manifests and blobs are what their digests say. Returns how many tags there are. */
export async function assertWhole(world: Pick<RegistryWorld, 'send'>): Promise<number> {
  const get = async (path: string) => {
    const answer = await world.send('GET', path);
    assert.equal(answer.status, 200, path);
    return answer;
  };
  let count = 0;
  for (const repository of (await get('/v2/_catalog')).json().repositories) {
    for (const tag of (await get(`/v2/${repository}/tags/list`)).json().tags) {
      const manifest = await get(`/v2/${repository}/manifests/${tag}`);
      assert.equal(digestOf(manifest.body), manifest.headers['docker-content-digest']);
      const { config, layers } = manifest.json();
      for (const { digest, size } of [config, ...layers]) {
        const { body } = await get(`/v2/${repository}/blobs/${digest}`);
        assert.equal(digestOf(body), digest);
        assert.equal(body.length, size);
      }
      count++;
    }
  }
  return count;
}
