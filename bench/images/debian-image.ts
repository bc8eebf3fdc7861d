import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeHost } from '../../src/engine/isolation/host-probe.js';
import { messageOf } from '../../src/model/errors.js';

const SUITE = 'bookworm';
const MIRROR = 'http://deb.debian.org/debian';
const PACKAGES = ['python3', 'perl', 'git', 'gcc', 'libc6-dev', 'make'];
/** Tools of Debian's that make it. */
const TOOLS = ['debootstrap', 'umoci', 'skopeo', 'chroot', 'find'];

/** Kept from one run to the next: making it takes minutes. */
const FOLDER = join(tmpdir(), 'gantry-bench-debian-1');

/** An OCI layout with the image `debian` of three gzip layers, 0.6 GB: the system, a compiler and friends, a node_modules. */
export interface DebianImage {
  readonly layout: string;
  readonly tag: 'debian';
}

/** Makes the image where there is none yet. Throws the reason where this host cannot. */
export function makeDebianImage(): DebianImage {
  const layout = join(FOLDER, 'layout');
  if (!existsSync(layout)) {
    const missing = TOOLS.filter((name) => probeHost().findCommand(name) === undefined);
    if (missing.length > 0) throw new Error(`the Debian image needs ${missing.join(', ')}`);
    try {
      build(`${layout}.new`, join(FOLDER, 'bundle'));
    } catch (error) {
      rmSync(FOLDER, { recursive: true, force: true });
      throw new Error(`cannot make the Debian image: ${messageOf(error)}`, { cause: error });
    }
    rmSync(join(FOLDER, 'bundle'), { recursive: true });
    renameSync(`${layout}.new`, layout);
  }
  return { layout, tag: 'debian' };
}

function build(layout: string, bundle: string): void {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { mode: 0o700 });
  const image = `${layout}:debian`;
  const rootfs = join(bundle, 'rootfs');
  const addLayer = () => call('umoci', 'repack', '--refresh-bundle', '--image', image, bundle);
  call('umoci', 'init', '--layout', layout);
  call('umoci', 'new', '--image', image);
  call('umoci', 'unpack', '--image', image, bundle);
  call('debootstrap', '--variant=minbase', SUITE, rootfs, MIRROR);
  call('chroot', rootfs, 'apt-get', 'clean');
  addLayer();
  call('chroot', rootfs, 'apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...PACKAGES);
  call('chroot', rootfs, 'apt-get', 'clean');
  addLayer();
  call('cp', '-a', '--parents', 'node_modules', join(rootfs, 'srv'));
  // Programs for one machine are most of its bytes, and not what makes a node_modules: its many small files.
  call('find', join(rootfs, 'srv'), '-size', '+8M', '-delete');
  addLayer();
  call('umoci', 'config', '--image', image, '--config.cmd', 'bash');
}

function call(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
