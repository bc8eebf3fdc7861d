import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { startDockerd } from '../../bench/peers/dockerd.js';
import { openGantry } from './gantry.js';
import { makeTestRoot } from './test-image.js';
import { waitUntil } from './wait-until.js';

/** What a shell command that speaks to an engine has said. */
export interface ShellAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An engine behind Docker's API, where the image `parity` is. */
export interface DockerDoor {
  readonly name: 'dockerd' | 'gantry';
  readonly socket: string;
  /** Runs a command of the shell, in which `docker` speaks to this engine. */
  sh(command: string): Promise<ShellAnswer>;
  close(): Promise<void>;
}

/** Debian's dockerd, without networks. */
export async function openDockerd(): Promise<DockerDoor> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-door-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  try {
    mkdirSync(join(folder, 'd'));
    const dockerd = await startDockerd(join(folder, 'd'), basename(folder));
    if (dockerd === undefined) throw new Error('dockerd is not installed');
    return await withImage({
      ...makeDoor('dockerd', dockerd.socket, folder),
      close: async () => {
        await dockerd.close();
        removeFolder();
      },
    });
  } catch (error) {
    removeFolder();
    throw error;
  }
}

/** `gantry daemon`, as people start it. */
export async function openGantryDaemon(): Promise<DockerDoor> {
  const gantry = openGantry();
  const folder = mkdtempSync(join(tmpdir(), 'gantry-door-'));
  const socket = join(folder, 's.sock');
  const daemon = gantry.start(['daemon', '-H', `unix://${socket}`]);
  const close = async () => {
    daemon.kill('SIGTERM');
    await daemon.result;
    await gantry.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil('the API', () => daemon.printed.stderr.includes('API listen on'));
    return await withImage({ ...makeDoor('gantry', socket, folder), close });
  } catch (error) {
    await close();
    throw error;
  }
}

function makeDoor(name: DockerDoor['name'], socket: string, folder: string): Omit<DockerDoor, 'close'> {
  const env = { ...process.env, DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: join(folder, 'config'), ROOT: folder };
  return {
    name,
    socket,
    sh: (command) =>
      new Promise((resolve) => {
        execFile('sh', ['-c', command], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
          resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
        });
      }),
  };
}

async function withImage(door: DockerDoor): Promise<DockerDoor> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-door-image-'));
  try {
    writeFileSync(join(folder, 'root.tar'), makeTestRoot());
    const { code, stderr } = await door.sh(
      `docker import -c 'ENV PATH=/bin' -c 'CMD ["sh"]' ${join(folder, 'root.tar')} parity`,
    );
    if (code !== 0) throw new Error(`cannot import the image: ${stderr}`);
    return door;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
