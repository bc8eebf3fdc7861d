import { closeSync, openSync, writeSync } from 'node:fs';
import type { FileEntry } from '../src/platform/tar/file-entry.js';
import { TarWriter } from '../src/platform/tar/tar-writer.js';

/** An image as in Debian with packages, a Node project and a clean-up: 77 000 entries, 1 GB in four layers. */
export const BENCH_LAYERS: readonly (() => Generator<FileEntry>)[] = [
  () => system(),
  () => packages(),
  () => modules(),
  () => cleaning(),
];

const PLAIN: FileEntry = {
  kind: 'file',
  path: '',
  target: '',
  mode: 0o644,
  uid: 0,
  gid: 0,
  major: 0,
  minor: 0,
  mtimeSeconds: 1_700_000_000,
  mtimeNanoseconds: 0,
  sizeBytes: 0,
};

const folder = (path: string): FileEntry => ({ ...PLAIN, kind: 'directory', path, mode: 0o755 });

function* fill(root: string, folders: number, files: number, sizeBytes: number): Generator<FileEntry> {
  yield folder(root);
  for (let i = 0; i < folders; i++) {
    yield folder(`${root}/part-${i}`);
    for (let j = 0; j < files; j++) {
      // Some far larger than most, as they are.
      const size = sizeBytes * (j % 17 === 0 ? 8 : j % 3 === 0 ? 1 : 0.5);
      yield { ...PLAIN, path: `${root}/part-${i}/file-${j}.so`, sizeBytes: Math.floor(size) };
    }
  }
}

function* system(): Generator<FileEntry> {
  for (const path of ['etc', 'usr', 'var']) yield folder(path);
  yield* fill('usr/lib', 120, 40, 40_000);
  yield* fill('usr/share/doc', 90, 20, 6_000);
}

function* packages(): Generator<FileEntry> {
  yield folder('usr');
  yield* fill('usr/lib', 125, 30, 45_000);
  yield* fill('var/lib/lists', 20, 40, 60_000);
  yield* fill('opt/tools', 60, 25, 60_000);
}

function* modules(): Generator<FileEntry> {
  yield folder('app');
  for (let i = 0; i < 100; i++) yield* fill(`app/node_modules/package-${i}`, 25, 24, 3_000);
}

function* cleaning(): Generator<FileEntry> {
  yield { ...PLAIN, kind: 'whiteout', path: 'var/lib/lists' };
  yield { ...PLAIN, kind: 'whiteout', path: 'usr/share/doc' };
}

/** Writes a layer's tar; its content is of a kind that is no hole. */
export function writeLayerTar(path: string, entries: Iterable<FileEntry>): void {
  const file = openSync(path, 'w');
  const filler = Buffer.alloc(1 << 20, 'gantry benchmark ');
  const writer = new TarWriter((bytes) => {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  });
  for (const entry of entries) {
    writer.entry(entry);
    for (let left = entry.sizeBytes; left > 0; left -= Math.min(left, filler.length)) {
      writer.content(filler.subarray(0, Math.min(left, filler.length)));
    }
  }
  writer.finish();
  closeSync(file);
}
