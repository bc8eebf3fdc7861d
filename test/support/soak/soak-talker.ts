import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import type { GantryProcess } from '../gantry.js';
import { waitUntil } from '../wait-until.js';
import { LINE_BYTES, printLines } from './soak-lives.js';
import type { SoakWorld } from './soak-world.js';

/** A container that prints as much as it is told to; its log is rotated, and followed by a client, a command and the screen. */
export interface Talker {
  /** Resolves when all who follow have all of it; with how many bytes that were. */
  talk(bytes: number): Promise<number>;
  /** It ends, those who follow are told of it, and it is removed. */
  end(): Promise<void>;
}

const NAME = 'talker';
/** Of the screen and the command, ms; what they have to do besides is much. */
const LIMIT_MS = 60_000;

/** Prints the number of lines that it reads, and then which round that was. */
const SCRIPT = `k=0; while read n; do ${printLines('$n')}; k=$((k + 1)); echo "round $k is over"; done`;

export async function startTalker(world: SoakWorld, network: string): Promise<Talker> {
  const { send, stream, upgrade } = world.daemon;
  const ask = async (status: number, method: string, path: string, body?: object): Promise<string> => {
    const answer = await send(method, path, body && { body });
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    return answer.text;
  };
  await ask(201, 'POST', `/containers/create?name=${NAME}`, {
    ...{ Image: 'busybox', Cmd: ['sh', '-c', SCRIPT], OpenStdin: true, StdinOnce: true },
    Healthcheck: { Test: ['CMD', 'true'], Interval: 1_000_000_000 },
    HostConfig: {
      NetworkMode: network,
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '2m', 'max-file': '5' } },
    },
  });
  const attached = await upgrade(`/containers/${NAME}/attach?stream=1&stdin=1`);
  await ask(204, 'POST', `/containers/${NAME}/start`);
  const client = followAsClient(await stream('GET', `/containers/${NAME}/logs?stdout=1&follow=1`));
  const command = world.gantry.start(['logs', '--follow', NAME]);
  await openOnScreen(world);
  let rounds = 0;
  let printed = 0;
  return {
    talk: async (bytes) => {
      const lines = Math.ceil(bytes / LINE_BYTES);
      rounds++;
      const word = `round ${rounds} is over`;
      const total = lines * LINE_BYTES + word.length + 1;
      printed += total;
      attached.socket.write(`${lines}\n`);
      await Promise.all([
        waitUntil('what the client follows', () => client.bytes() >= printed, LIMIT_MS),
        waitUntil('what the command follows', () => command.printed.stdout.length >= printed, LIMIT_MS),
        world.screen.waitFor(word, LIMIT_MS),
      ]);
      assert.deepEqual([client.bytes(), command.printed.stdout.length], [printed, printed]);
      return total;
    },
    end: async () => {
      attached.socket.end();
      await client.ended;
      await assertEnd(command);
      await ask(200, 'POST', `/containers/${NAME}/wait`);
      await ask(204, 'DELETE', `/containers/${NAME}`);
      attached.socket.destroy();
    },
  };
}

/** Counts what it prints; in frames whose heads may come in parts. */
function followAsClient(stream: Readable) {
  let bytes = 0;
  let rest = Buffer.alloc(0);
  stream.on('data', (more: Buffer) => {
    rest = Buffer.concat([rest, more]);
    let at = 0;
    for (let next = 0; at + HEAD_BYTES <= rest.length; at = next) {
      next = at + HEAD_BYTES + rest.readUInt32BE(at + 4);
      if (next > rest.length) break;
      bytes += next - at - HEAD_BYTES;
    }
    rest = rest.subarray(at);
  });
  return { bytes: () => bytes, ended: new Promise<void>((resolve) => stream.once('end', resolve)) };
}

/** Of a frame. */
const HEAD_BYTES = 8;

async function assertEnd(command: GantryProcess): Promise<void> {
  const { code, stderr } = await command.result;
  assert.equal(code, 0, stderr);
}

/** Alone in its list, with its log beside. */
async function openOnScreen({ screen }: SoakWorld): Promise<void> {
  screen.type('/');
  await screen.waitFor('enter keeps it', LIMIT_MS);
  screen.type(`^${NAME}\r`);
  await screen.waitFor(new RegExp(`▸\\+?${NAME} [\\s\\S]*\\n ↵ open`), LIMIT_MS);
  screen.type('l');
}

/** Through its other panes, then back to a list of all. */
export async function leaveOnScreen({ screen }: SoakWorld): Promise<void> {
  screen.type('\x1b');
  await screen.waitFor(/\n ↵ open/, LIMIT_MS);
  screen.type('t');
  await screen.waitFor(/PID +PPID/, LIMIT_MS);
  screen.type('\x1b');
  await screen.waitFor(/\n ↵ open/, LIMIT_MS);
  screen.type('\x1b');
}
