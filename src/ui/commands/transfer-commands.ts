import { messageOf } from '../../model/errors.js';
import type { Image } from '../../model/image.js';
import { DOCKER_HUB, parseImageReference } from '../../model/image-reference.js';
import { matchCandidates } from '../../store/completion.js';
import { completePath, expandHome, isArchiveName } from '../../store/file-completion.js';
import { makeField, makeForm } from '../../store/form.js';
import { referImage } from '../../store/image-rows.js';
import type { Transfer, TransferRequest } from '../../store/transfers/transfers-store.js';
import type { Workspace } from '../../store/workspace.js';
import { imageTargets } from './image-targets.js';

/** Asks what to pull, begins it and shows its layers. */
export function openPull(workspace: Workspace): void {
  const { requests, recents, view } = workspace;
  const candidates = () => [...recents.getState().pulls, ...listTags(workspace)];
  view.setState({
    dialog: makeForm({
      title: 'Pull an image',
      lines: [],
      verb: 'pull',
      fields: [
        makeField({
          label: 'image',
          hint: 'alpine:3.20, ghcr.io/owner/name@sha256:…',
          complete: (text) => matchCandidates(text, candidates()),
        }),
        makeField({
          label: 'platform',
          hint: "empty: this host's",
          complete: (text) => (text === '' ? [] : matchCandidates(text, PLATFORMS)),
        }),
      ],
      submit: ([name = '', platform = '']) =>
        begin(workspace, () => {
          const request = requests.pull(name, platform);
          recents.addPull(name);
          return request;
        }),
    }),
  });
}

const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/arm/v6', 'linux/386', 'linux/riscv64'];

/** Asks under which of its names the selected image goes to a registry. */
export function openPush(workspace: Workspace): void {
  const [image] = imageTargets(workspace);
  if (image === undefined) return;
  workspace.view.setState({
    dialog: makeForm({
      title: 'Push an image',
      lines: ['Its name says where to: registry:port/name:tag. A tag is another name.'],
      verb: 'push',
      fields: [
        makeField({
          label: 'image',
          text: image.repoTags[0] ?? '',
          complete: (text) => matchCandidates(text, [...image.repoTags, ...listTags(workspace)]),
        }),
      ],
      submit: ([name = '']) => begin(workspace, () => workspace.requests.push(name)),
    }),
  });
}

/** Asks for the file that the images go to: the marked ones, else the selected one. */
export function openSave(workspace: Workspace): void {
  const images = imageTargets(workspace);
  const [first] = images;
  if (first === undefined) return;
  const refs = images.map(referImage);
  const estimatedBytes = images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  workspace.view.setState({
    dialog: makeForm({
      title: `Save ${refs.length === 1 ? refs[0] : `${refs.length} images`} to a file`,
      lines: refs.length === 1 ? [] : [refs.join(', ')],
      verb: 'save',
      fields: [
        makeField({
          label: 'file',
          text: refs.length === 1 ? `${fileName(first)}.tar` : 'images.tar',
          complete: (text) => completePath(text, isArchiveName),
        }),
      ],
      submit: ([path = '']) =>
        begin(workspace, () => workspace.requests.save(refs, { path: expandHome(path), estimatedBytes })),
    }),
  });
}

/** Asks for the archive whose images are loaded. */
export function openLoad(workspace: Workspace): void {
  workspace.view.setState({
    dialog: makeForm({
      title: 'Load images from a file',
      lines: ['An archive of docker save or an OCI layout, plain or compressed.'],
      verb: 'load',
      fields: [makeField({ label: 'file', hint: 'images.tar', complete: (text) => completePath(text, isArchiveName) })],
      submit: ([path = '']) => begin(workspace, () => workspace.requests.load(expandHome(path))),
    }),
  });
}

/** Asks for another name of the selected image. */
export function openTag(workspace: Workspace): void {
  const [image] = imageTargets(workspace);
  if (image === undefined) return;
  const source = referImage(image);
  workspace.view.setState({
    dialog: makeForm({
      title: `Give ${source} another name`,
      lines: [],
      verb: 'tag',
      fields: [
        makeField({
          label: 'name',
          hint: 'localhost:5000/team/app:1',
          complete: (text) => (text === '' ? [] : matchCandidates(text, listTags(workspace))),
        }),
      ],
      submit: ([target = '']) => workspace.actions.tagImage(source, target),
    }),
  });
}

/** Asks for user and password of a registry; a transfer that wanted them is begun again. */
export function openLogin(workspace: Workspace, transfer?: Transfer): void {
  const { actions, transfers, view } = workspace;
  const server = transfer?.request.server;
  view.setState({
    dialog: makeForm({
      title: `Log in to ${server === undefined ? 'a registry' : server === DOCKER_HUB ? 'Docker Hub' : server}`,
      lines: [...(transfer?.outcome ?? [])],
      verb: 'log in',
      fields: [
        ...(server === undefined ? [makeField({ label: 'registry', hint: 'host:port; empty: Docker Hub' })] : []),
        makeField({ label: 'user' }),
        makeField({ label: 'password', isSecret: true }),
      ],
      submit: async (values) => {
        const [username = '', password = ''] = values.slice(-2);
        if (username === '') return 'Non-null Username Required';
        if (password === '') return 'Password Required';
        const named = server ?? (values[0] === '' ? DOCKER_HUB : (values[0] ?? DOCKER_HUB));
        const failure = await actions.login(named, username, password);
        if (failure === undefined && transfer !== undefined) {
          transfers.retry(transfer.id);
          showTransfer(workspace, transfer.id);
        }
        return failure;
      },
    }),
  });
}

export function openTransfers({ view }: Workspace): void {
  view.setState({ dialog: { kind: 'transfers', index: 0 } });
}

/** Begins what a form asks for and shows it; gives what is wrong with it. */
function begin(workspace: Workspace, request: () => TransferRequest): Promise<string | undefined> {
  try {
    showTransfer(workspace, workspace.transfers.start(request()));
    return Promise.resolve(undefined);
  } catch (error) {
    return Promise.resolve(messageOf(error));
  }
}

/** Shows a transfer; where the registry turns out to want a login while it is looked at, that is asked for. */
export function showTransfer(workspace: Workspace, id: number): void {
  const { transfers, view } = workspace;
  view.setState({ dialog: { kind: 'transfer', id, top: undefined } });
  const stop = transfers.subscribe(() => {
    const transfer = transfers.find(id);
    if (transfer?.status === 'running') return;
    stop();
    const { dialog } = view.getState();
    const isShown = dialog?.kind === 'transfer' && dialog.id === id;
    if (transfer?.login === 'needed' && isShown) openLogin(workspace, transfer);
  });
}

function listTags({ resources }: Workspace): readonly string[] {
  return resources.getState().images.flatMap(({ repoTags }) => repoTags);
}

/** `ghcr.io/team/app:1` as `app_1`. */
function fileName({ repoTags, id }: Image): string {
  const [name] = repoTags;
  if (name === undefined) return id.slice('sha256:'.length, 'sha256:'.length + 12);
  const { path, tag } = parseImageReference(name);
  return `${path.slice(path.lastIndexOf('/') + 1)}_${tag ?? 'latest'}`;
}
