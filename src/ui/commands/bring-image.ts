import type { TransferRequest } from '../../store/transfers/transfers-store.js';
import type { Workspace } from '../../store/workspace.js';
import { showTransfer } from './transfer-commands.js';

/** Pulls an image that is not there, its layers in sight. False where that failed, which its view tells. */
export async function bringImage(workspace: Workspace, name: string): Promise<boolean> {
  const { requests, transfers, view } = workspace;
  if (name === '' || hasImage(workspace, name)) return true;
  let request: TransferRequest;
  try {
    request = requests.pull(name, '');
  } catch {
    // What the name is for says what is wrong with it.
    return true;
  }
  const id = transfers.start(request);
  showTransfer(workspace, id);
  if ((await transfers.ended(id)) !== 'done') return false;
  const { dialog } = view.getState();
  if (dialog?.kind === 'transfer' && dialog.id === id) view.setState({ dialog: undefined });
  return true;
}

/** By a name, an id or the begin of one, or an embedded image; before the images are read that is not known. */
function hasImage({ resources }: Workspace, name: string): boolean {
  const { images, embedded, areImagesLoaded } = resources.getState();
  const hex = name.replace(/^sha256:/, '');
  const isNamed = (tag: string) => tag === name || tag === `${name}:latest`;
  return (
    !areImagesLoaded ||
    embedded.some((each) => each.name === name) ||
    images.some(({ repoTags, repoDigests }) => repoTags.some(isNamed) || repoDigests.includes(name)) ||
    (/^[0-9a-f]{4,64}$/.test(hex) && images.some(({ id }) => id.startsWith(`sha256:${hex}`)))
  );
}
