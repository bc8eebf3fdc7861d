import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toWireEvent } from '../../src/api/wire/event.js';
import type { Engine } from '../../src/engine/engine.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:busybox');

test('a life is told in the events of dockerd, with its attributes', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const sinceMs = Date.now();
  const { containers } = engine;
  const { id } = await containers.create({
    image: 'busybox',
    name: 'first',
    labels: { one: '1' },
    tty: true,
    openStdin: true,
    command: ['sh'],
    mounts: [{ type: 'volume', source: 'kept', target: '/kept', readOnly: true }],
  });
  await containers.start(id);
  const streams = await containers.attach(id, { stdin: true, stdout: true });
  await streams.resize(91, 33);
  await streams.detach();
  const exec = await containers.createExec(id, { command: ['sh', '-c', 'exit 5'] });
  await containers.startExec(exec);
  await waitUntil('the exec', async () => (await containers.inspectExec(exec)).state.status === 'exited');
  const long = await containers.startExec(await containers.createExec(id, { command: ['sleep', '100'] }), {
    stdout: true,
  });
  await long.detach();
  await containers.rename(id, 'second');
  for await (const _ of await containers.export(id));
  for await (const _ of await containers.readArchive(id, '/etc/passwd'));
  await containers.commit(id, { reference: 'made:1', message: 'why' });
  await containers.stop(id, { timeoutMs: 0 });
  await waitUntil('the exec', async () => (await read(engine, sinceMs)).some((line) => /exec_die.*137/.test(line)));

  const first = `image=busybox name=first one=1 origin=image`;
  const second = `image=busybox name=second one=1 origin=image`;
  const told = await read(engine, sinceMs);
  assert.deepEqual(
    told.filter((line) => !/exec_die.*137|busybox:latest/.test(line)),
    [
      'volume create driver=local',
      `container create ${first}`,
      'network connect container=ID name=bridge type=bridge',
      'volume mount container=ID destination=/kept driver=local propagation= read/write=false',
      `container start ${first}`,
      `container attach ${first}`,
      `container resize height=33 ${first} width=91`,
      `container detach ${first}`,
      `container exec_create: sh -c exit 5 execID=ID ${first}`,
      `container exec_start: sh -c exit 5 execID=ID ${first}`,
      `container exec_die execID=ID exitCode=5 ${first}`,
      `container exec_create: sleep 100 execID=ID ${first}`,
      `container exec_start: sleep 100 execID=ID ${first}`,
      `container exec_detach execID=ID ${first}`,
      `container rename image=busybox name=second oldName=/first one=1 origin=image`,
      `container export ${second}`,
      `container archive-path ${second}`,
      `container pause ${second}`,
      `container unpause ${second}`,
      'image tag name=made:1 one=1 origin=image',
      'image create name=made:1 one=1 origin=image',
      `container commit comment=why image=busybox imageID=sha256:ID imageRef=made:1 name=second one=1 origin=image`,
      `container kill ${second} signal=9`,
      `container die execDuration=N exitCode=137 ${second}`,
      'network disconnect container=ID name=bridge type=bridge',
      'volume unmount container=ID driver=local',
      `container stop ${second}`,
    ],
  );
});

/** Type, action and attributes as Docker's clients get them. */
async function read(engine: Engine, sinceMs: number): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const event of engine.events({ sinceMs, untilMs: Date.now() })) {
    const { Type, Action, Actor } = toWireEvent(event);
    const attributes = Object.entries(Actor.Attributes).map(([key, value]) => `${key}=${value}`);
    const text = [Type, Action, ...attributes.sort()].join(' ');
    lines.push(text.replaceAll(/[0-9a-f]{64}/g, 'ID').replace(/execDuration=\d+/, 'execDuration=N'));
  }
  return lines;
}
