import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gantry, openGantry } from './gantry.js';
import { unpackTestRoot } from './test-image.js';
import { waitUntil } from './wait-until.js';

/** What clients look into a container with, and a server of files. */
const APPLETS = ['awk', 'grep', 'httpd', 'nc', 'wget', 'tail'];

/** `gantry daemon` as people start it, for clients of others: at a socket, and at a port of the loopback. */
export interface ClientWorld {
  readonly gantry: Gantry;
  /** Of the test's own. */
  readonly folder: string;
  readonly socket: string;
  readonly port: number;
  /** What the daemon has said that is more than where it listens. */
  warnings(): readonly string[];
  /** Removes containers and networks too; rejects where something is left of them. */
  close(): Promise<void>;
}

/** The image `web:1` is there: busybox with a page at `/www`, which serves it at its port 80. */
export async function openClientWorld(): Promise<ClientWorld> {
  const gantry = openGantry();
  const folder = mkdtempSync(join(tmpdir(), 'gantry-clients-'));
  const socket = join(folder, 's.sock');
  const daemon = gantry.start(['daemon', '-H', `unix://${socket}`, '-H', 'tcp://127.0.0.1:0']);
  const close = async (): Promise<void> => {
    daemon.kill('SIGTERM');
    await daemon.result;
    const { stdout } = await gantry.run(['ps', '-aq', '--no-trunc']);
    if (stdout !== '') await gantry.run(['rm', '-fv', ...stdout.trim().split('\n')]);
    await gantry.run(['network', 'prune', '-f']);
    await gantry.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const port = await waitUntil(
      'the API',
      () => /API listen on tcp:\/\/[\d.]+:(\d+)/.exec(daemon.printed.stderr)?.[1],
    );
    const changes = ['ENV PATH=/bin', 'ENV FROM_IMAGE=yes', 'EXPOSE 80', 'CMD ["httpd", "-f", "-h", "/www"]'];
    await gantry.print('import', ...changes.flatMap((change) => ['-c', change]), makeImage(folder), 'web:1');
    const warnings = () =>
      daemon.printed.stderr.split('\n').filter((line) => /level=warning/.test(line) && !/makes every user/.test(line));
    return { gantry, folder, socket, port: Number(port), warnings, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function makeImage(folder: string): string {
  const [root, tar] = [join(folder, 'root'), join(folder, 'web.tar')];
  unpackTestRoot(root);
  for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet));
  mkdirSync(join(root, 'www'));
  writeFileSync(join(root, 'www/index.html'), 'hello\n');
  execFileSync('tar', ['-C', root, '-cf', tar, '.']);
  rmSync(root, { recursive: true });
  return tar;
}
