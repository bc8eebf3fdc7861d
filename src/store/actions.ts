import type { AttachedStreams, ByteStream, Engine, PruneReport } from '../engine/engine.js';
import { createContainer } from '../engine/run-container.js';
import type { Container, Exec } from '../model/container.js';
import { EngineError, messageOf } from '../model/errors.js';
import type { ContainerId, ImageId, VolumeName } from '../model/ids.js';
import type { PullProgress } from '../model/image.js';
import { DOCKER_HUB } from '../model/image-reference.js';
import { formatDecimalBytes } from '../model/units.js';
import { createAttempt, createPerformer } from './attempt.js';
import { type CommandLogStore, formatCommandLine } from './command-log-store.js';
import { createNetworkActions, type NetworkActions } from './network-actions.js';
import type { ResourcesState } from './resources-store.js';
import { parseRunForm, type RunForm } from './run-form.js';
import type { ViewStore } from './view-store.js';
import { createVolumeActions, type VolumeActions } from './volume-actions.js';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

type Named = Pick<Container, 'id' | 'name'>;

/** What the screen can do to the engine. Each action says how it went in the status line and leaves its command in the log. */
export interface Actions extends VolumeActions, NetworkActions {
  start(container: Named): Promise<boolean>;
  stop(container: Named): Promise<boolean>;
  restart(container: Named): Promise<boolean>;
  pause(container: Named): Promise<boolean>;
  unpause(container: Named): Promise<boolean>;
  kill(container: Named, signal: string): Promise<boolean>;
  remove(container: Named, options: { readonly force: boolean; readonly volumes: boolean }): Promise<boolean>;
  removeImage(ref: string, options?: { readonly force: boolean }): Promise<boolean>;
  /** Those without a name, or with `all` every one that no container has. */
  pruneImages(all: boolean): Promise<boolean>;
  /** Gives what is wrong; undefined: it has the name. */
  tagImage(source: string, target: string): Promise<string | undefined>;
  /** Gives what is wrong; undefined: the registry has taken it. The password is nowhere but with the engine. */
  login(server: string, username: string, password: string): Promise<string | undefined>;
  /** What `prune` would remove; undefined where it cannot be told (the status line says why). */
  previewPrune(): Promise<PruneReport | undefined>;
  prune(): Promise<boolean>;
  /** Makes and starts what the form asks for; an embedded image is added first. Gives the id, or the form with what is wrong. */
  run(form: RunForm, resources: ResourcesState): Promise<{ readonly id: ContainerId } | { readonly form: RunForm }>;
  /** A shell in a container on a terminal of this size; undefined where it could not be started (the status line says why). */
  openShell(container: Named, size: TerminalSize): Promise<OpenedShell | undefined>;
  attach(container: Container): Promise<AttachedStreams | undefined>;
  /** Copies a file or directory of a layer, a container or a volume to the host. */
  extract(source: ExtractSource, target: string): Promise<boolean>;
}

export interface OpenedShell {
  readonly streams: AttachedStreams;
  /** Undefined while it runs. Rejects as the engine does. */
  readExitCode(): Promise<number | undefined>;
}

export interface ExtractSource {
  readonly path: string;
  readonly from:
    | { readonly imageId: ImageId; readonly name: string; readonly layer: number }
    | { readonly container: Named }
    | { readonly volume: VolumeName };
}

/** Writes a tar of one file or directory, whose path in the container this is, to a path of the host, as `gantry cp` does. */
export type SaveArchive = (archive: ByteStream, path: string, target: string) => Promise<void>;

export const refuseToSave: SaveArchive = () =>
  Promise.reject(new EngineError('not-implemented', 'files of the host cannot be written from here'));

export interface ActionNeeds {
  readonly engine: Engine;
  readonly view: ViewStore;
  readonly commands: CommandLogStore;
  readonly saveArchive: SaveArchive;
}

export function createActions(needs: ActionNeeds): Actions {
  const { engine } = needs;
  const attempt = createAttempt(needs);
  const perform = createPerformer(needs);
  const { containers, images } = engine;
  const onContainer = (verb: string, did: string, work: (id: ContainerId) => Promise<unknown>) => (container: Named) =>
    perform(['gantry', verb, container.name], `${container.name} ${did}`, () => work(container.id));
  return {
    start: onContainer('start', 'started', (id) => containers.start(id)),
    stop: onContainer('stop', 'stopped', (id) => containers.stop(id)),
    restart: onContainer('restart', 'restarted', (id) => containers.restart(id)),
    pause: onContainer('pause', 'paused', (id) => containers.pause(id)),
    unpause: onContainer('unpause', 'runs on', (id) => containers.unpause(id)),
    kill: ({ id, name }, signal) =>
      perform(['gantry', 'kill', '--signal', signal, name], `${signal} sent to ${name}`, () =>
        containers.kill(id, signal),
      ),
    remove: ({ id, name }, options) => {
      const flags = [...(options.force ? ['--force'] : []), ...(options.volumes ? ['--volumes'] : [])];
      return perform(['gantry', 'rm', ...flags, name], `${name} removed`, () => containers.remove(id, options));
    },
    removeImage: (ref, options = { force: false }) =>
      perform(['gantry', 'rmi', ...(options.force ? ['--force'] : []), ref], `${ref} removed`, () =>
        images.remove(ref, options),
      ),
    pruneImages: (all) => pruneImages(all, needs),
    tagImage: (source, target) =>
      attempt(['gantry', 'tag', source, target], `${source} is ${target} too`, () => images.tag(source, target)),
    login: (server, username, password) => login({ server, username, password }, needs),
    ...createVolumeActions(engine, needs),
    ...createNetworkActions(engine, needs),
    ...createPruneActions(needs),
    run: (form, resources) => runForm(form, resources, needs),
    openShell: (container, size) => openShell(container, size, needs),
    extract: (source, target) => extract(source, target, needs),
    attach: async (container) => {
      let streams: AttachedStreams | undefined;
      await perform(['gantry', 'attach', container.name], '', async () => {
        const stdin = container.config.openStdin === true;
        streams = await containers.attach(container.id, { stdin, stdout: true, stderr: true, replay: true });
      });
      return streams;
    },
  };
}

async function openShell(
  container: Named,
  terminal: TerminalSize,
  needs: ActionNeeds,
): Promise<OpenedShell | undefined> {
  const { engine } = needs;
  const { containers } = engine;
  let opened: OpenedShell | undefined;
  const args = ['gantry', 'exec', '--interactive', '--tty', container.name, 'sh'];
  await createPerformer(needs)(args, '', async () => {
    const shell = await findShell(engine, container.id);
    const env = { TERM: 'xterm-256color' };
    // Nobody comes back to a shell of a screen that is gone.
    const config = { command: [shell], tty: true, stdin: true, hangsUp: true, env, terminal };
    const id = await containers.createExec(container.id, config);
    const streams = await containers.startExec(id, { stdin: true, stdout: true, stderr: true });
    opened = { streams, readExitCode: async () => exitCodeOf(await containers.inspectExec(id)) };
  });
  return opened;
}

const exitCodeOf = ({ state }: Exec) => (state.status === 'exited' ? state.exitCode : undefined);

function extract({ path, from }: ExtractSource, target: string, needs: ActionNeeds): Promise<boolean> {
  const { engine, saveArchive } = needs;
  const perform = createPerformer(needs);
  if ('container' in from) {
    const { id, name } = from.container;
    return perform(['gantry', 'cp', `${name}:${path}`, target], `${path} is in ${target}`, async () =>
      saveArchive(await engine.containers.readArchive(id, path), path, target),
    );
  }
  if ('volume' in from) {
    const { volume } = from;
    // One path of a volume is no verb of its own on the command line.
    const args = [
      ['gantry', 'volume', 'export', volume],
      ['tar', '-x', path.slice(1)],
    ] as const;
    return perform(args.map(formatCommandLine).join(' | '), `${path} is in ${target}`, async () => {
      const tar = await engine.volumes.readArchive?.(volume, path);
      if (tar === undefined) throw new EngineError('not-implemented', 'this endpoint does not read volumes');
      await saveArchive(tar, path, target);
    });
  }
  const { imageId, name, layer } = from;
  const args = ['gantry', 'image', 'extract', '--layer', String(layer), `${name}:${path}`, target];
  return perform(args, `${path} is in ${target}`, async () => {
    if (engine.layers === undefined) throw new EngineError('not-implemented', 'this endpoint has no layers');
    await saveArchive(await engine.layers.readArchive(imageId, { layer, path }), path, target);
  });
}

function createPruneActions(needs: ActionNeeds): Pick<Actions, 'previewPrune' | 'prune'> {
  const { engine, view } = needs;
  return {
    previewPrune: () =>
      engine.containers.prune({ preview: true }).catch((error: unknown) => {
        view.say('error', messageOf(error));
        return undefined;
      }),
    prune: async () => {
      let reclaimedBytes = 0;
      const failure = await createAttempt(needs)(['gantry', 'container', 'prune', '--force'], '', async () => {
        ({ reclaimedBytes } = await engine.containers.prune());
      });
      if (failure === undefined) view.say('ok', `Total reclaimed space: ${formatDecimalBytes(reclaimedBytes, 4)}`);
      return failure === undefined;
    },
  };
}

async function pruneImages(all: boolean, needs: ActionNeeds): Promise<boolean> {
  let reclaimedBytes = 0;
  const args = ['gantry', 'image', 'prune', '--force', ...(all ? ['--all'] : [])];
  const failure = await createAttempt(needs)(args, '', async () => {
    ({ reclaimedBytes } = await needs.engine.images.prune({ all }));
  });
  if (failure === undefined) needs.view.say('ok', `Total reclaimed space: ${formatDecimalBytes(reclaimedBytes, 4)}`);
  return failure === undefined;
}

interface Login {
  readonly server: string;
  readonly username: string;
  readonly password: string;
}

async function login({ server, username, password }: Login, needs: ActionNeeds): Promise<string | undefined> {
  let plainFile: string | undefined;
  const args = ['gantry', 'login', '--username', username, ...(server === DOCKER_HUB ? [] : [server])];
  const failure = await createAttempt(needs)(args, 'Login Succeeded', async () => {
    ({ plainFile } = await needs.engine.registries.login(server, { kind: 'password', username, password }));
  });
  if (plainFile !== undefined) {
    needs.view.say('info', `Login Succeeded; your credentials are stored unencrypted in '${plainFile}'`);
  }
  return failure;
}

/** bash where the container has it, else sh. */
async function findShell(engine: Engine, id: ContainerId): Promise<string> {
  try {
    await engine.containers.statPath(id, '/bin/bash');
    return '/bin/bash';
  } catch {
    // Not there, or the endpoint cannot look: sh is what POSIX promises, and its start says what is wrong.
    return 'sh';
  }
}

async function runForm(
  form: RunForm,
  resources: ResourcesState,
  needs: ActionNeeds,
): Promise<{ readonly id: ContainerId } | { readonly form: RunForm }> {
  const { engine, view } = needs;
  let parsed: ReturnType<typeof parseRunForm>;
  try {
    parsed = parseRunForm(form);
  } catch (error) {
    return { form: { ...form, error: messageOf(error) } };
  }
  let id: ContainerId | undefined;
  const failure = await createAttempt(needs)(parsed.args, `${parsed.config.image} runs`, async () => {
    const embedded = resources.embedded.find((image) => image.name === parsed.config.image);
    const isPresent = resources.images.some((image) => image.embedded === embedded?.name);
    if (embedded !== undefined && !isPresent) await engine.images.addEmbedded(embedded.name);
    const created = await createContainer(engine, {
      config: parsed.config,
      pull: 'missing',
      onPull: (progress) => view.say('busy', describePull(progress)),
    });
    id = created.id;
    await engine.containers.start(created.id);
    if (created.warnings.length > 0) view.say('info', created.warnings.join('; '));
  });
  // A container that was made but did not start stays in the list, where its error can be read.
  return id === undefined ? { form: { ...form, error: failure ?? '' } } : { id };
}

function describePull(progress: PullProgress): string {
  switch (progress.phase) {
    case 'resolving':
      return `looking for ${progress.reference}`;
    case 'downloading':
    case 'extracting':
      return `${progress.phase} ${progress.digest.slice(7, 19)} ${Math.round(progress.doneBytes / 2 ** 20)} MiB`;
    case 'exists':
    case 'complete':
      return `${progress.digest.slice(7, 19)} is there`;
    case 'pending':
    case 'waiting':
    case 'verifying':
    case 'downloaded':
    case 'retrying':
      return `${progress.phase} ${progress.digest.slice(7, 19)}`;
    case 'output':
      return progress.text;
    case 'done':
      return `${progress.references.join(' ')} is there`;
  }
}
