import type { Image } from '../../model/image.js';
import { findImageUsers, isDangling, nameImage, referImage } from '../../store/image-rows.js';
import type { Workspace } from '../../store/workspace.js';
import { keyOf } from '../keymap.js';
import { formatBytes } from '../rows/format.js';
import type { KeyedContext } from './command-context.js';
import { imageTargets } from './image-targets.js';
import { nameSome, openConfirm, openMenu } from './questions.js';

/** Docker's API has no layers. */
const UNTOLD = 'How much that frees, this endpoint does not tell; what other images have too stays.';

/** Removes images after a question; of one with several names, one name or all of them. */
export function removeImages({ workspace, bindings }: KeyedContext, isForced: boolean): void {
  const { view } = workspace;
  const images = imageTargets(workspace);
  const [first] = images;
  if (first === undefined) return;
  const used = images.flatMap((image) => findImageUsers(workspace.containers.getState(), image));
  if (used.length > 0 && !isForced && !(images.length === 1 && first.repoTags.length > 1)) {
    const force = keyOf(bindings, 'remove-force', 'images');
    const way = force === '' ? '' : `, or the image by force (${force})`;
    view.say('info', `${nameSome(used.map(({ name }) => name))} has it: remove that first${way}`);
    return;
  }
  if (images.length === 1 && first.repoTags.length > 1) chooseName(workspace, first, isForced);
  else confirmRemoval(workspace, images, isForced);
}

function chooseName(workspace: Workspace, image: Image, isForced: boolean): void {
  const names = image.repoTags.map((name) => ({
    label: name,
    hint: 'takes this name away; the image stays',
    choose: () => void workspace.actions.removeImage(name),
  }));
  const isUsed = findImageUsers(workspace.containers.getState(), image).length > 0;
  const all = {
    label: 'all of them',
    hint: 'removes the image',
    choose: () => confirmRemoval(workspace, [image], isForced),
  };
  openMenu(workspace, `Remove which name of ${nameImage(image)}?`, isUsed && !isForced ? names : [...names, all]);
}

function confirmRemoval(workspace: Workspace, images: readonly Image[], isForced: boolean): void {
  const names = images.map(nameImage);
  const { layerUse } = workspace.resources.getState();
  const used = images.flatMap((image) => findImageUsers(workspace.containers.getState(), image));
  const freed = layerUse.freedWith(new Set(images.map(({ id }) => id)));
  const lines =
    used.length > 0
      ? [`${nameSome(used.map(({ name }) => name))} has it: it loses its names and stays until that is removed.`]
      : [freed === undefined ? UNTOLD : `Frees ${formatBytes(freed)}; what other images have too stays.`];
  openConfirm(workspace, {
    question: `Remove${isForced ? ' by force' : ''} ${nameSome(names)}?`,
    lines,
    verb: 'remove',
    confirm: () => {
      workspace.view.setState({ markedImages: new Set() });
      void removeAll(workspace, images, isForced);
    },
  });
}

/** One after another: of images that stand on each other the engine says what it could not remove. */
async function removeAll(workspace: Workspace, images: readonly Image[], isForced: boolean): Promise<void> {
  for (const image of images) {
    const names = image.repoTags.length > 1 ? image.repoTags : [referImage(image)];
    for (const name of names) await workspace.actions.removeImage(name, { force: isForced });
  }
}

/** Asks which unused images go, and says what that frees. */
export function pruneImages(workspace: Workspace): void {
  const { view, resources, containers, actions } = workspace;
  const { images, layerUse } = resources.getState();
  const unused = images.filter((image) => findImageUsers(containers.getState(), image).length === 0);
  const dangling = unused.filter(isDangling);
  if (unused.length === 0) {
    view.say('info', 'every image has a container: nothing to prune');
    return;
  }
  const freedBy = (of: readonly Image[]) => {
    const bytes = layerUse.freedWith(new Set(of.map(({ id }) => id)));
    return bytes === undefined ? undefined : formatBytes(bytes);
  };
  const choice = (label: string, of: readonly Image[], all: boolean, freed = freedBy(of)) => ({
    label,
    hint: of.length === 0 ? 'none' : `${of.length}${freed === undefined ? '' : `, frees ${freed}`}`,
    choose: () => {
      if (of.length === 0) return;
      openConfirm(workspace, {
        question: `Remove ${of.length} ${label} image${of.length === 1 ? '' : 's'}?`,
        lines: [nameSome(of.map(describe), 12), freed === undefined ? UNTOLD : `Frees ${freed} of layers.`],
        verb: 'remove',
        confirm: () => void actions.pruneImages(all),
      });
    },
  });
  openMenu(workspace, 'Prune images', [choice('dangling', dangling, false), choice('unused', unused, true)]);
}

function describe(image: Image): string {
  return isDangling(image) ? image.id.slice('sha256:'.length, 'sha256:'.length + 12) : nameImage(image);
}
