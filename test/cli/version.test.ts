import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { runCommand } from '../support/run-command.js';

/** With a host that is named, so that no context is asked for. */
function version(engine: FakeEngine, ...words: readonly string[]) {
  return runCommand(engine, ['-H', 'unix:///x.sock', 'version', ...words]);
}

test('the version has the client and the server, as Docker’s has', async () => {
  const { code, stdout } = await version(new FakeEngine());
  assert.equal(code, 0);
  assert.equal(
    stdout.replaceAll(process.version, 'NODE').replaceAll(/amd64|arm64/g, 'ARCH'),
    `Client: Gantry
 Version:           0.1.0
 API version:       1.51
 Node version:      NODE
 OS/Arch:           linux/ARCH
 Context:           default

Server: Gantry
 Engine:
  Version:          0.1.0
  API version:      1.51 (minimum version 1.41)
  Kernel version:   6.18.0
  OS/Arch:          linux/ARCH
  Experimental:     false
`,
  );
});

test('a server that is older or another program is told as it is', async () => {
  const engine = new FakeEngine();
  const own = await engine.system.version();
  const details = {
    ApiVersion: '1.41',
    MinAPIVersion: '1.12',
    GoVersion: 'go1.19',
    GitCommit: 'abc',
    Os: 'linux',
    Arch: 'amd64',
  };
  const other = {
    ...own,
    ...{ version: '20.10.24', apiVersion: '1.41', platform: 'Docker Engine - Community' },
    components: [
      { name: 'Engine', version: '20.10.24', details },
      { name: 'containerd', version: '1.6.20', details: { GitCommit: 'def' } },
    ],
  };
  engine.system.version = () => Promise.resolve(other);
  const { stdout } = await version(engine);
  assert.match(stdout, /^ API version: {7}1\.41 \(downgraded from 1\.51\)$/m);
  assert.match(
    stdout,
    /\n\nServer: Docker Engine - Community\n Engine:\n {2}Version: {10}20\.10\.24\n {2}API version: {6}1\.41 \(minimum version 1\.12\)\n {2}Go version: {7}go1\.19\n {2}Git commit: {7}abc\n {2}OS\/Arch: {10}linux\/amd64\n containerd:\n {2}Version: {10}1\.6\.20\n {2}Git commit: {7}def\n$/,
  );
  const template =
    '{{.Client.APIVersion}} {{.Client.DefaultAPIVersion}} {{.Server.APIVersion}} {{range .Server.Components}}{{.Name}},{{end}}';
  assert.equal((await version(engine, '-f', template)).stdout, '1.41 1.51 1.41 Engine,containerd,\n');
  const json = JSON.parse((await version(engine, '--format', 'json')).stdout);
  assert.deepEqual([json.Client.ApiVersion, json.Server.Platform.Name], ['1.41', 'Docker Engine - Community']);
});

test('where no engine answers the client is told all the same', async () => {
  const engine = new FakeEngine();
  engine.system.version = () => Promise.reject(new Error('nobody is there'));
  const { code, stdout, stderr } = await version(engine);
  assert.equal(code, 1);
  assert.match(stdout, /^Client: Gantry\n Version: {11}0\.1\.0\n[\s\S]* Context: {11}default\n$/);
  assert.match(stderr, /nobody is there/);
  assert.equal(JSON.parse((await version(engine, '--format', 'json')).stdout).Server, null);
});
