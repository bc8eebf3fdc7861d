import { EngineError } from '../../model/errors.js';
import { showPath } from '../../platform/tar/entry-path.js';
import type { ByteString, EntrySink, FileEntry } from '../../platform/tar/file-entry.js';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * Turns the entries of a layer's tar into what is to be made of them (OCI image-spec, layer.md): names of whiteouts become
 * whiteouts, what would speak to overlayfs itself is left out or refused. `hasBelow` is false for the lowest layer, where
 * whiteouts hide nothing.
 */
export function readLayerEntries(sink: EntrySink, hasBelow: boolean): EntrySink {
  let isSkipping = false;
  return {
    entry(entry) {
      const translated = translate(entry, hasBelow);
      isSkipping = translated === undefined || translated.kind !== entry.kind;
      if (translated !== undefined) sink.entry(translated);
    },
    content(bytes) {
      if (!isSkipping) sink.content(bytes);
    },
  };
}

function translate(entry: FileEntry, hasBelow: boolean): FileEntry | undefined {
  if (entry.kind === 'character' && entry.major === 0 && entry.minor === 0) {
    // To overlayfs this device is a whiteout: a layer must say so by a name, or it could hide files unseen.
    throw new EngineError('invalid-argument', `the layer has a device 0:0 at "${showPath(entry.path)}"`);
  }
  // Nothing else of a name has a meaning.
  if (!entry.path.includes(WHITEOUT)) return withoutForeignXattrs(entry);
  const slash = entry.path.lastIndexOf('/') + 1;
  const name = entry.path.slice(slash);
  if (isAufsOwn(entry.path)) return undefined;
  if (name === OPAQUE)
    return hasBelow ? toMark(entry, 'opaque', entry.path.slice(0, Math.max(slash - 1, 0))) : undefined;
  if (entry.path.slice(0, slash).includes(`/${WHITEOUT}`) || (entry.path.startsWith(WHITEOUT) && slash > 0)) {
    throw new EngineError('invalid-argument', `the layer has files below a whiteout: "${showPath(entry.path)}"`);
  }
  if (name.startsWith(WHITEOUT)) {
    const hidden = checkWhiteout(name.slice(WHITEOUT.length), entry.path);
    return hasBelow ? toMark(entry, 'whiteout', entry.path.slice(0, slash) + hidden) : undefined;
  }
  return withoutForeignXattrs(entry);
}

/** `.wh..wh.plnk` and its like are book-keeping of aufs, of which nothing is to be made. */
function isAufsOwn(path: ByteString): boolean {
  return path.split('/').some((part) => part.startsWith('.wh..wh.') && part !== OPAQUE);
}

function checkWhiteout(hidden: ByteString, path: ByteString): ByteString {
  if (hidden === '' || hidden === '.' || hidden === '..') {
    throw new EngineError('invalid-argument', `the layer has an invalid whiteout "${showPath(path)}"`);
  }
  return hidden;
}

function toMark(entry: FileEntry, kind: 'whiteout' | 'opaque', path: ByteString): FileEntry {
  const { xattrs: _, segments: __, ...rest } = entry;
  return { ...rest, kind, path, target: '', sizeBytes: 0 };
}

/**
 * Overlayfs reads its own as redirects and whiteouts: with them a layer could show any file of the layers below. SELinux'
 * labels are the business of the host that the layer is unpacked on.
 */
function withoutForeignXattrs(entry: FileEntry): FileEntry {
  if (entry.xattrs === undefined) return entry;
  const isForeign = /^(?:(?:trusted|user)\.overlay\.|security\.selinux$)/;
  return { ...entry, xattrs: new Map([...entry.xattrs].filter(([name]) => !isForeign.test(name))) };
}
