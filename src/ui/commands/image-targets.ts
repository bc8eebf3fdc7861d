import type { Image } from '../../model/image.js';
import type { Workspace } from '../../store/workspace.js';

/** The images that an action is for: all marked ones, else the selected one; says so where that is none yet. */
export function imageTargets(workspace: Workspace): readonly Image[] {
  const { view, resources } = workspace;
  const { markedImages } = view.getState();
  const marked = resources.getState().images.filter(({ id }) => markedImages.has(id));
  if (marked.length > 0) return marked;
  const row = workspace.selectedImage();
  if (row?.kind === 'image') return [row.image];
  view.say(
    'info',
    row === undefined ? 'no image' : `${row.embedded.name} is built in and was not made yet: a run makes it`,
  );
  return [];
}
