import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { MountConfig } from '../../model/container-config.js';
import type { Image } from '../../model/image.js';
import type { RootFile } from './root-tar.js';

/** What is beside /usr on a host whose /usr is merged, and holds programs and libraries on one where it is not. */
const BESIDE_USR = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/** Small public files of the host that its programs want; nothing with a secret, and nothing of its users. */
const HOST_FILES = ['ld.so.cache', 'ld.so.conf', 'nsswitch.conf', 'protocols', 'services', 'shells', 'mime.types'];

const PASSWD = `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;
const GROUP = 'root:x:0:\ndaemon:x:1:\nbin:x:2:\ntty:x:5:\nwww-data:x:33:\nnogroup:x:65534:\n';
const FOLDERS = [
  'dev',
  'etc',
  'home',
  'mnt',
  'opt',
  'proc',
  'run',
  'srv',
  'sys',
  'usr',
  'var',
  'var/cache',
  'var/lib',
  'var/log',
];

/**
 * The files of the `host` image: a small /etc, links as the host has them beside /usr, and the empty places that the
 * host's own folders are bound to when a container starts (`hostImageMounts`). None of the host's programs is copied.
 */
export function listHostImageFiles(hostRoot = '/'): readonly RootFile[] {
  const folders = FOLDERS.map((path): RootFile => ({ kind: 'directory', path }));
  return [
    ...folders,
    { kind: 'directory', path: 'root', mode: 0o700 },
    ...['tmp', 'var/tmp'].map((path): RootFile => ({ kind: 'directory', path, mode: 0o1777 })),
    { kind: 'symlink', path: 'var/run', target: '/run' },
    { kind: 'symlink', path: 'etc/os-release', target: '../usr/lib/os-release' },
    { kind: 'symlink', path: 'etc/mtab', target: '/proc/mounts' },
    { kind: 'file', path: 'etc/passwd', content: PASSWD },
    { kind: 'file', path: 'etc/group', content: GROUP },
    { kind: 'file', path: 'etc/hosts', content: '127.0.0.1\tlocalhost\n' },
    { kind: 'file', path: 'etc/resolv.conf', content: '' },
    { kind: 'file', path: 'etc/hostname', content: 'host\n' },
    ...listBesideUsr(hostRoot),
    ...listHostFiles(hostRoot),
    ...listAlternatives(hostRoot),
  ];
}

/**
 * What a container of this image has bound from the host, read-only. It depends on the row that the engine wrote when it
 * made the image, and on nothing in the image's config: an image from elsewhere cannot ask for it.
 */
export function hostImageMounts(
  image: Pick<Image, 'embedded'>,
  hostRoot = '/',
): readonly (MountConfig & { type: 'bind' })[] {
  if (image.embedded !== 'host') return [];
  const folders = ['usr', ...BESIDE_USR.filter((name) => isFolder(join(hostRoot, name)))];
  return folders.map((name) => ({
    type: 'bind',
    source: join(hostRoot, name),
    target: `/${name}`,
    readOnly: true,
    propagation: 'rprivate',
  }));
}

function listBesideUsr(hostRoot: string): readonly RootFile[] {
  return BESIDE_USR.flatMap((name): readonly RootFile[] => {
    const path = join(hostRoot, name);
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status?.isSymbolicLink() === true) return [{ kind: 'symlink', path: name, target: readlinkSync(path) }];
    return status?.isDirectory() === true ? [{ kind: 'directory', path: name }] : [];
  });
}

function listHostFiles(hostRoot: string): readonly RootFile[] {
  return HOST_FILES.flatMap((name): readonly RootFile[] => {
    const path = join(hostRoot, 'etc', name);
    const status = statSync(path, { throwIfNoEntry: false });
    return status?.isFile() === true ? [{ kind: 'file', path: `etc/${name}`, content: readFileSync(path) }] : [];
  });
}

/** Debian's choice of programs: links such as /etc/alternatives/awk, which links in /usr go through. */
function listAlternatives(hostRoot: string): readonly RootFile[] {
  const folder = join(hostRoot, 'etc', 'alternatives');
  if (!isFolder(folder)) return [];
  const links = readdirSync(folder)
    .sort()
    .filter((name) => lstatSync(join(folder, name)).isSymbolicLink());
  return [
    { kind: 'directory', path: 'etc/alternatives' },
    ...links.map(
      (name): RootFile => ({
        kind: 'symlink',
        path: `etc/alternatives/${name}`,
        target: readlinkSync(join(folder, name)),
      }),
    ),
  ];
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
