import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GANTRY_ARGS, type GantryProcess, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

test(
  'Docker’s client reaches an engine over ssh, and its daemon where there is one',
  requires('root', 'overlay', 'command:busybox', 'command:docker'),
  async (t) => {
    const gantry = openGantry();
    let daemon: GantryProcess | undefined;
    t.after(async () => {
      daemon?.kill('SIGTERM');
      await daemon?.result;
      await gantry.close();
    });
    const folder = makeTemporaryFolder(t);
    // What ssh would start on the other host; its own words are left out.
    const command = [process.execPath, ...GANTRY_ARGS, 'system', 'dial-stdio'].map((word) => `'${word}'`).join(' ');
    writeFileSync(
      join(folder, 'ssh'),
      `#!/bin/sh\ncase "$*" in *'docker system dial-stdio') exec ${command};; esac\nexit 1\n`,
    );
    chmodSync(join(folder, 'ssh'), 0o755);
    const env = {
      ...process.env,
      PATH: `${folder}:${process.env['PATH']}`,
      DOCKER_HOST: 'ssh://me@elsewhere',
      GANTRY_ROOT: join(gantry.folder, 'root'),
      GANTRY_RUN_ROOT: join(gantry.folder, 'run'),
    };
    await gantry.print('run', '--rm', '--network', 'none', 'busybox', 'true');
    const docker = (...words: readonly string[]): Promise<string> =>
      new Promise((resolve, reject) => {
        execFile('docker', words, { env }, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
      });
    assert.match(await docker('version', '--format', '{{.Server.Platform.Name}}'), /Gantry/);
    const serving = gantry.start(['daemon']);
    daemon = serving;
    await waitUntil('the API', () => serving.printed.stderr.includes('API listen on'));
    assert.equal(await docker('run', '--rm', '--network', 'none', 'busybox', 'echo', 'over ssh'), 'over ssh\n');
    assert.match(await docker('version', '--format', '{{.Server.Platform.Name}}'), /Gantry/);
  },
);
