import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryObjects } from 'node:v8';
import type { Engine } from '../../src/engine/engine.js';
import type { VolumeName } from '../../src/model/ids.js';
import { createContainer, startNew } from '../support/contract-steps.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { runCommand } from '../support/run-command.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:busybox');

/** What `events` prints of all that has happened, with each container and image by its name. */
async function tell(engine: Engine, ...filters: readonly string[]): Promise<readonly string[]> {
  const words = filters.flatMap((filter) => ['--filter', filter]);
  // A command closes the engine that it was given.
  const shared = { ...engine, close: () => Promise.resolve() };
  const format = '{{.Type}} {{.Action}} {{index .Actor.Attributes "name"}}';
  const span = ['--since', '1h', '--until', '0s', '--format', format];
  const { code, stdout, stderr } = await runCommand(shared, ['events', ...span, ...words]);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout
    .split('\n')
    .map((line) => line.trimEnd())
    .filter(Boolean);
}

test('each of docker’s filters finds its events of a real engine, alone and together', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const { containers, images, volumes } = engine;
  const web = await createContainer(engine, { name: 'web', labels: { tier: 'front', zone: 'a' }, command: ['true'] });
  await images.tag('busybox:latest', 'other:2');
  await createContainer(engine, { name: 'sql', labels: { tier: 'back' }, image: 'other:2' });
  await volumes.create({ name: 'data' as VolumeName });
  await containers.start(web);
  await containers.wait(web);
  await waitUntil('the exit to be told', async () => (await tell(engine, 'event=die')).length === 1);

  const lives = ['container create web', 'container start web', 'container die web'];
  for (const [filters, told] of [
    [['container=web'], lives],
    [['container=we'], lives],
    [[`container=${web.slice(0, 12)}`], lives],
    [
      ['container=web', 'container=sql'],
      [lives[0], 'container create sql', ...lives.slice(1)],
    ],
    [['event=start', 'event=die'], lives.slice(1)],
    [
      ['type=container', 'event=create'],
      [lives[0], 'container create sql'],
    ],
    [['type=volume'], ['volume create']],
    [['volume=da'], ['volume create']],
    [['image=busybox', 'type=container'], lives],
    // The container was made from `busybox`, and an event has the name that was given.
    [['image=busybox:latest', 'type=container'], []],
    [['image=other', 'type=container'], ['container create sql']],
    [['image=other', 'type=image'], ['image tag other:2']],
    [['image=oth'], []],
    [['label=tier=front'], lives],
    [['label=tier'], [lives[0], 'container create sql', ...lives.slice(1)]],
    [['label=tier', 'label=zone=a', 'event=die'], ['container die web']],
    [['scope=local', 'container=sql'], ['container create sql']],
    [['scope=swarm'], []],
    [['network=bridge'], ['network connect bridge', 'network disconnect bridge']],
    [['daemon=x'], []],
    [['plugin=x'], []],
    [['container=web', 'event=destroy'], []],
  ] as const) {
    assert.deepEqual(await tell(engine, ...filters), told, filters.join(' '));
  }
  const unknown = await runCommand(engine, ['events', '--filter', 'colour=red', '--until', '0s']);
  assert.match(unknown.stderr, /invalid filter 'colour'/);
  assert.equal(unknown.code, 1);
});

test('who follows the events keeps nothing of containers that have gone', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const end = new AbortController();
  const events = engine.events({ signal: end.signal });
  const following = (async () => {
    for await (const _ of events);
  })();
  const live = async (): Promise<void> => {
    const id = await startNew(engine, { command: ['true'], namespaces: { network: 'none' } });
    await engine.containers.wait(id);
    await engine.containers.remove(id);
  };
  await live();
  const count = (): number => queryObjects(AbortController, { format: 'count' });
  const before = count();
  const lives = 20;
  for (let i = 0; i < lives; i++) await live();
  await waitUntil('all of them to be collected', () => count() < before + lives / 4);
  end.abort();
  await following;
});
