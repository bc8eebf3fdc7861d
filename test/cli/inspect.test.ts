import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { assertGolden } from '../support/golden.js';
import { runCommand } from '../support/run-command.js';

const NOW_MS = Date.UTC(2026, 5, 1, 12, 0, 0, 250);

async function makeEngine(): Promise<FakeEngine> {
  const engine = new FakeEngine({ nowMs: () => NOW_MS });
  await engine.add({
    name: 'web',
    command: ['sleep', '100'],
    env: { A: '1' },
    labels: { tier: 'front' },
    limits: { memoryBytes: 67_108_864, nanoCpus: 500_000_000 },
    restartPolicy: { name: 'on-failure', maxRetries: 3 },
    healthcheck: { test: ['CMD-SHELL', 'true'], intervalMs: 2000 },
    mounts: [
      { type: 'bind', source: '/src', target: '/dst', readOnly: true, propagation: 'rslave' },
      { type: 'volume', source: 'data', target: '/data' },
      { type: 'tmpfs', target: '/tmp', sizeBytes: 1024 },
    ],
    ports: [{ containerPort: 80, protocol: 'tcp', hostPort: 8080, hostIp: '127.0.0.1' }],
    security: { capAdd: ['NET_ADMIN'], noNewPrivileges: true },
  });
  return engine;
}

async function print(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(await makeEngine(), words);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return stdout;
}

test('inspect prints a container in the JSON of docker', async () => {
  assertGolden('cli/inspect-container.txt', await print('inspect', 'web'));
});

test('inspect prints images, networks and volumes in the JSON of docker', async () => {
  assertGolden('cli/inspect-image.txt', await print('inspect', 'busybox'));
  assertGolden('cli/inspect-network.txt', await print('network', 'inspect', 'bridge'));
  const engine = new FakeEngine({ nowMs: () => NOW_MS });
  await runCommand(engine, ['volume', 'create', 'data']);
  assertGolden('cli/inspect-volume.txt', (await runCommand(engine, ['volume', 'inspect', 'data'])).stdout);
});

test('a named volume has its place on the host', async () => {
  const engine = await makeEngine();
  await engine.volumes.create({ name: 'data' });
  const { stdout } = await runCommand(engine, ['inspect', '-f', '{{(index .Mounts 1).Source}}', 'web']);
  assert.equal(stdout, '/var/lib/gantry/volumes/data/_data\n');
});

test('inspect takes templates', async () => {
  assert.equal(await print('inspect', '-f', '{{.State.Status}} {{.HostConfig.Memory}}', 'web'), 'running 67108864\n');
  assert.equal(await print('inspect', '--format', '{{json .Config.Labels}}', 'web'), '{"tier":"front"}\n');
  assert.equal(
    await print(
      'inspect',
      '-f',
      '{{range $p, $b := .NetworkSettings.Ports}}{{$p}}={{(index $b 0).HostPort}}{{end}}',
      'web',
    ),
    '80/tcp=8080\n',
  );
  assert.equal(
    await print('inspect', '-f', '{{range .Mounts}}{{.Type}}:{{.Destination}} {{end}}', 'web'),
    'bind:/dst volume:/data \n',
  );
});

test('what is not there is named, what is there is printed', async () => {
  const result = await runCommand(await makeEngine(), ['inspect', '-f', '{{.Name}}', 'web', 'nothere']);
  assert.deepEqual(result, { code: 1, stdout: '/web\n', stderr: 'gantry: No such object: nothere\n' });
  const typed = await runCommand(await makeEngine(), ['inspect', '--type', 'image', 'nothere']);
  assert.deepEqual(typed, { code: 1, stdout: '[]\n', stderr: 'gantry: No such image: nothere:latest\n' });
  const unknown = await runCommand(await makeEngine(), ['inspect', '--type', 'foo', 'x']);
  assert.equal(unknown.stderr, 'unknown type: "foo": must be one of "container", "image", "network", "volume"\n');
});

test('a template with a field that is not there is refused', async () => {
  const result = await runCommand(await makeEngine(), ['inspect', '-f', '{{.Foo}}', 'web']);
  assert.equal(result.code, 1);
  assert.equal(
    result.stderr,
    'gantry: template parsing error: template: :1:2: executing "" at <.Foo>: map has no entry for key "Foo"\n',
  );
});

test('inspect tells of links, ranges of ports and networks as docker does', async () => {
  const engine = new FakeEngine({ nowMs: () => NOW_MS });
  await engine.add({
    name: 'linked',
    command: ['sleep', '100'],
    networks: [{ network: 'bridge', links: ['db:data', 'cache'] }],
    ports: [{ containerPort: 80, protocol: 'tcp', hostPort: 8000, hostPortEnd: 8002 }],
  });
  const read = async (template: string) =>
    (await runCommand(engine, ['inspect', '-f', template, 'linked'])).stdout.trimEnd();
  assert.equal(await read('{{json .HostConfig.Links}}'), '["/db:/linked/data","/cache:/linked/cache"]');
  assert.equal(await read('{{json .HostConfig.PortBindings}}'), '{"80/tcp":[{"HostIp":"","HostPort":"8000-8002"}]}');
});
