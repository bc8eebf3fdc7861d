import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { startDockerRegistry } from '../../test/support/docker-registry.js';
import { makeDebianImage } from './debian-image.js';
import { type FreshDisk, makeFreshDisk } from './fresh-disk.js';
import type { ImagePeer } from './image-peer.js';
import { type ImagePeerName, openImagePeer } from './open-image-peers.js';

/** A registry with the Debian image, an archive of it, and engines that each have a disk of their own. */
export interface ImageWorld {
  readonly peers: readonly ImagePeer[];
  readonly skipped: readonly string[];
  /** What the registry has the image under, and what it is called once it is pulled. */
  readonly reference: string;
  /** The image as `docker save` writes it. */
  readonly archive: string;
  /** Its blobs as they are transferred, lowest layer first. */
  readonly layers: readonly string[];
  /** 64,000 small files in 640 folders. */
  readonly manyFiles: string;
  /** A disk for who takes part without an engine. */
  readonly disk: FreshDisk;
  close(): Promise<void>;
}

const NAMES: readonly ImagePeerName[] = ['gantry', 'dockerd', 'podman'];
const FOLDERS = 640;
const FILES_EACH = 100;

/** Throws the reason where the image cannot be made or served here. */
export async function openImageWorld(): Promise<ImageWorld> {
  const { layout, tag } = makeDebianImage();
  const folder = mkdtempSync('/dev/shm/gantry-bench-');
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  const close = async () => {
    const failures: unknown[] = [];
    // One that fails leaves nothing of the others.
    for (const end of ends.splice(0).reverse())
      await Promise.resolve()
        .then(end)
        .catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    const { host } = await startDockerRegistry({ after: (end) => void ends.push(end) });
    const reference = `${host}/bench/debian:1`;
    execFileSync('skopeo', ['copy', '-q', '--dest-tls-verify=false', `oci:${layout}:${tag}`, `docker://${reference}`]);
    const archive = join(folder, 'debian.tar');
    execFileSync('skopeo', ['copy', '-q', `oci:${layout}:${tag}`, `docker-archive:${archive}:${reference}`]);
    const addDisk = (name: string): FreshDisk => {
      const disk = makeFreshDisk(join(folder, name));
      ends.push(disk.remove);
      return disk;
    };
    const peers: ImagePeer[] = [];
    const skipped: string[] = [];
    for (const name of NAMES) {
      const peer = await openImagePeer(name, addDisk(name).folder, basename(folder).toLowerCase());
      if (typeof peer === 'string') {
        skipped.push(peer);
        continue;
      }
      peers.push(peer);
      ends.push(peer.close);
    }
    const manyFiles = join(folder, 'many');
    makeManyFiles(manyFiles);
    return { peers, skipped, reference, archive, layers: listLayers(layout), manyFiles, disk: addDisk('plain'), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function listLayers(layout: string): readonly string[] {
  const manifest: { readonly layers: readonly { readonly digest: string }[] } = JSON.parse(
    execFileSync('skopeo', ['inspect', '--raw', `oci:${layout}:debian`], { encoding: 'utf8' }),
  );
  return manifest.layers.map(({ digest }) => join(layout, 'blobs', digest.replace(':', '/')));
}

function makeManyFiles(folder: string): void {
  for (let i = 0; i < FOLDERS; i++) {
    const one = join(folder, `d${i}`);
    mkdirSync(one, { recursive: true });
    for (let j = 0; j < FILES_EACH; j++) {
      const file = openSync(join(one, `f${j}`), 'w');
      writeSync(file, `${i} ${j}\n`.repeat(1 + ((i * j) % 200)));
      closeSync(file);
    }
  }
}
