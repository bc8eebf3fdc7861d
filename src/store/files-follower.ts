import type { Container } from '../model/container.js';
import type { Volume } from '../model/volume.js';
import { createCoalescer } from './coalescer.js';
import { type FilesStore, type FilesSubject, isOfVolume, isSameSubject } from './files-store.js';
import type { ImageRow } from './image-rows.js';
import type { ResourcesStore } from './resources-store.js';
import { isExploring, type ViewStore } from './view-store.js';

/** A selection that runs through the list reads nothing on the way. */
const SETTLE_MS = 80;
/** From one reading of a volume's files to the next, and how many times as long as the reading itself took that is at least. */
const AGAIN_MS = 1000;
const AGAIN_SHARE = 20;

export interface FollowedFiles {
  readonly resources: ResourcesStore;
  readonly view: ViewStore;
  readonly files: FilesStore;
  selectedContainer(): Container | undefined;
  selectedImage(): ImageRow | undefined;
  selectedVolume(): Volume | undefined;
}

/** What the layers view is of; undefined where it is closed, or the image is not there yet. */
export function selectSubject({
  view,
  selectedContainer,
  selectedImage,
  selectedVolume,
}: Omit<FollowedFiles, 'resources' | 'files'>): FilesSubject | undefined {
  const state = view.getState();
  if (!isExploring(state)) return undefined;
  if (state.list === 'containers') {
    const container = selectedContainer();
    return container && { imageId: container.imageId, containerId: container.id, name: container.name };
  }
  if (state.list === 'volumes') {
    const volume = selectedVolume();
    return volume && { volume: volume.name, name: volume.name };
  }
  const row = selectedImage();
  if (row?.kind !== 'image') return undefined;
  const { id, repoTags } = row.image;
  return { imageId: id, name: repoTags[0] ?? id.slice(7, 19) };
}

/**
 * Reads the layers of what is selected while they are on screen; the files of a volume, of which no event tells what becomes of them,
 * again and again.
 */
export function startFilesFollower(followed: FollowedFiles, signal: AbortSignal): void {
  const { resources, view, files } = followed;
  let timer: NodeJS.Timeout | undefined;
  let isShown = false;
  const settle = createCoalescer<'files'>(SETTLE_MS, async () => {
    const subject = selectSubject(followed);
    if (subject === undefined) return;
    clearTimeout(timer);
    const startedAt = performance.now();
    await files.load(subject);
    const tookMs = performance.now() - startedAt;
    if (isOfVolume(subject) && !signal.aborted) timer = setTimeout(again, Math.max(AGAIN_MS, tookMs * AGAIN_SHARE));
  });
  const again = () => {
    // What could not be read says why, until it is opened anew.
    if (isOfVolume(selectSubject(followed)) && files.getState().status === 'ready') settle.add('files');
  };
  const check = () => {
    const subject = selectSubject(followed);
    const isOpened = !isShown && isOfVolume(subject);
    isShown = subject !== undefined;
    if (subject === undefined) return;
    if (isOpened || !isSameSubject(files.getState().subject, subject)) settle.add('files');
  };
  const stops = [resources.subscribe(check), view.subscribe(check)];
  signal.addEventListener(
    'abort',
    () => {
      for (const stop of stops) stop();
      clearTimeout(timer);
      settle.close();
    },
    { once: true },
  );
}
