import type {
  AttachedStreams,
  AttachOptions,
  ByteStream,
  ContainerFilter,
  ContainerService,
  ContainerUpdate,
  CreatedContainer,
  LogEntry,
  LogOptions,
  PruneOptions,
  StopOptions,
  WaitOptions,
} from '../../src/engine/engine.js';
import type { CgroupStats } from '../../src/model/cgroup-stats.js';
import type { Container, ExecConfig, ExitedState, Health } from '../../src/model/container.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { EngineError } from '../../src/model/errors.js';
import type { ContainerAction } from '../../src/model/events.js';
import type { ContainerId, ExecId } from '../../src/model/ids.js';
import type { Image } from '../../src/model/image.js';
import { applyLimitsPatch, MIN_MEMORY_BYTES } from '../../src/model/limits.js';
import { toLimitAttributes } from '../../src/model/limits-change.js';
import { parseSignal } from '../../src/model/signals.js';
import { AsyncQueue } from './async-queue.js';
import { type FakeContainer, type FakeExec, FakeRun, toFakeContainer } from './fake-container.js';
import { digestOf, findFakeImage, makeFakeImage, streamOf } from './fake-images.js';
import { fakeStats } from './fake-stats.js';

/** What the container service of the fake engine needs of the rest. */
export interface FakeContainerHost {
  readonly images: Map<string, Image>;
  nowMs(): number;
  emit(action: ContainerAction, container: Container, attributes?: Readonly<Record<string, string>>): void;
}

export class FakeContainers implements ContainerService {
  readonly all: FakeContainer[] = [];
  readonly #host: FakeContainerHost;
  readonly #execs = new Map<ExecId, FakeExec>();
  #made = 0;

  constructor(host: FakeContainerHost) {
    this.#host = host;
  }

  /** The container behind an id, a name or a unique id prefix. Throws as `inspect` rejects. */
  find(ref: string): FakeContainer {
    const exact = this.all.find(({ value }) => value.id === ref || value.name === ref.replace(/^\//, ''));
    if (exact !== undefined) {
      return exact;
    }
    const found = this.all.filter(({ value }) => ref !== '' && value.id.startsWith(ref));
    if (found.length > 1) {
      throw new EngineError('invalid-argument', `multiple IDs found with provided prefix: ${ref}`);
    }
    if (found[0] === undefined) {
      throw new EngineError('not-found', `No such container: ${ref}`);
    }
    return found[0];
  }

  list(filter: ContainerFilter = {}): Promise<readonly Container[]> {
    const shown = this.all
      .map(({ value }) => value)
      .filter((container) => isListed(container, filter))
      .sort((a, b) => b.createdAtMs - a.createdAtMs);
    return Promise.resolve(shown);
  }

  async inspect(ref: string): Promise<Container> {
    return await Promise.resolve(this.find(ref).value);
  }

  async create(config: ContainerConfig): Promise<CreatedContainer> {
    const image = await Promise.resolve(findFakeImage(this.#host.images, config.image));
    const holder = this.all.find(({ value }) => value.name === config.name);
    if (holder !== undefined) {
      throw new EngineError(
        'conflict',
        `Conflict. The container name "/${config.name}" is already in use by container "${holder.value.id}". ` +
          'You have to remove (or rename) that container to be able to reuse that name.',
      );
    }
    this.#made += 1;
    const id = digestOf(`container ${this.#made}`).slice('sha256:'.length) as ContainerId;
    const value = toFakeContainer(id, config, image, this.#host.nowMs() + this.#made / 1000);
    const container: FakeContainer = {
      value,
      run: this.#makeRun(id),
      log: [],
      logReaders: new Set(),
      files: new Map(),
      exitWaiters: [],
      removeWaiters: [],
    };
    this.all.push(container);
    this.#host.emit('create', value);
    return { id, warnings: [] };
  }

  async start(ref: string): Promise<void> {
    const container = await Promise.resolve(this.find(ref));
    const { value } = container;
    if (value.state.status === 'running') {
      throw new EngineError('not-modified', `container ${value.id} is running`);
    }
    const argv = [value.process.path, ...value.process.args];
    const exit = container.run.start(argv, value.process.env, value.config.tty ?? false);
    const startedAtMs = this.#host.nowMs();
    const init = { pid: 4000 + this.#made, startTicks: 1 };
    const publishedPorts = (value.config.ports ?? []).map((port) => ({ hostIp: '0.0.0.0', ...port }));
    const health = value.config.healthcheck && ({ status: 'starting', failingStreak: 0, log: [] } as const);
    const state = { status: 'running', init, startedAtMs, ...(health && { health }) } as const;
    this.#change(container, { state, publishedPorts }, 'start');
    void exit.then((exitCode) => this.#onExit(container, exitCode, startedAtMs));
  }

  /** What the health check of a running container finds. */
  setHealth(ref: string, status: Health['status']): void {
    const container = this.find(ref);
    const { state } = container.value;
    if (state.status !== 'running') return;
    container.value = { ...container.value, state: { ...state, health: { status, failingStreak: 0, log: [] } } };
    this.#host.emit('health_status', container.value, { healthStatus: status });
  }

  async stop(ref: string, options: StopOptions = {}): Promise<void> {
    const container = this.find(ref);
    if (!isAlive(container.value)) {
      throw new EngineError('not-modified', `container ${container.value.id} is not running`);
    }
    await this.#end(container, options.signal ?? container.value.process.stopSignal);
    this.#host.emit('stop', container.value);
  }

  async restart(ref: string, options: StopOptions = {}): Promise<void> {
    const container = this.find(ref);
    if (isAlive(container.value)) {
      await this.#end(container, options.signal ?? 'SIGTERM');
    }
    await this.start(ref);
    this.#host.emit('restart', container.value);
  }

  async kill(ref: string, signal = 'SIGKILL'): Promise<void> {
    const container = await Promise.resolve(this.find(ref));
    if (!isAlive(container.value)) {
      throw new EngineError('conflict', `container ${container.value.id} is not running`);
    }
    const number = parseSignal(signal);
    if (number === undefined) {
      throw new EngineError('invalid-argument', `Invalid signal: ${signal}`);
    }
    this.#host.emit('kill', container.value, { signal: String(number) });
    container.run.signal(number);
  }

  async pause(ref: string): Promise<void> {
    const container = await Promise.resolve(this.find(ref));
    const { state, id } = container.value;
    if (state.status !== 'running') {
      throw new EngineError(
        'conflict',
        `Container ${id} is ${state.status === 'paused' ? 'already paused' : 'not running'}`,
      );
    }
    this.#change(container, { state: { ...state, status: 'paused' } }, 'pause');
  }

  async unpause(ref: string): Promise<void> {
    const container = await Promise.resolve(this.find(ref));
    const { state, id } = container.value;
    if (state.status !== 'paused') {
      throw new EngineError('conflict', `Container ${id} is not paused`);
    }
    this.#change(container, { state: { ...state, status: 'running' } }, 'unpause');
  }

  async rename(ref: string, name: string): Promise<void> {
    const container = await Promise.resolve(this.find(ref));
    const oldName = `/${container.value.name}`;
    container.value = { ...container.value, name };
    this.#host.emit('rename', container.value, { oldName });
  }

  async update(ref: string, change: ContainerUpdate): ReturnType<ContainerService['update']> {
    const container = await Promise.resolve(this.find(ref));
    const limits = applyLimitsPatch(container.value.limits, change.limits ?? {});
    const { memoryBytes } = limits;
    if (memoryBytes !== undefined && memoryBytes < MIN_MEMORY_BYTES) {
      throw new EngineError('invalid-argument', 'Minimum memory limit allowed is 4MB');
    }
    const { restartPolicy } = change;
    const config = restartPolicy === undefined ? container.value.config : { ...container.value.config, restartPolicy };
    const attributes = toLimitAttributes(container.value.limits, limits);
    container.value = { ...container.value, limits, config };
    this.#host.emit('update', container.value, attributes);
    return { limits, warnings: [] };
  }

  async previewUpdate(
    ref: string,
    patch: { readonly memoryBytes?: number | null },
  ): ReturnType<ContainerService['previewUpdate']> {
    const container = await Promise.resolve(this.find(ref));
    const { memory } = fakeStats(container.value, this.#host.nowMs());
    const wanted = patch.memoryBytes ?? Number.POSITIVE_INFINITY;
    if (wanted < MIN_MEMORY_BYTES) {
      return { outcome: 'refused', message: 'Minimum memory limit allowed is 4MB' };
    }
    if (wanted < memory.anonBytes) {
      return { outcome: 'oom-risk', message: 'below what cannot be reclaimed' };
    }
    return wanted < memory.currentBytes
      ? { outcome: 'reclaim', message: 'page cache goes first' }
      : { outcome: 'ok', message: 'ok' };
  }

  wait(ref: string, options: WaitOptions = {}): Promise<ExitedState> {
    const container = this.find(ref);
    const { state } = container.value;
    const past: ExitedState =
      state.status === 'exited'
        ? state
        : { status: 'exited', exitCode: 0, startedAtMs: 0, finishedAtMs: 0, oomKilled: false };
    if (!isAlive(container.value) && (options.condition ?? 'not-running') === 'not-running') {
      return Promise.resolve(past);
    }
    return new Promise((resolve, reject) => {
      options.signal?.addEventListener('abort', () => reject(new EngineError('cancelled', 'wait was cancelled')));
      if (options.condition === 'removed') {
        container.removeWaiters.push(() =>
          resolve(container.value.state.status === 'exited' ? container.value.state : past),
        );
      } else {
        container.exitWaiters.push(resolve);
      }
    });
  }

  async remove(ref: string, options: { readonly force?: boolean } = {}): Promise<void> {
    const container = this.find(ref);
    if (isAlive(container.value)) {
      if (options.force !== true) {
        throw new EngineError(
          'conflict',
          `cannot remove container "/${container.value.name}": container is running: ` +
            'stop the container before removing or force remove',
        );
      }
      await this.#end(container, 'SIGKILL');
    }
    this.#forget(container);
  }

  prune({ preview = false }: PruneOptions = {}): ReturnType<ContainerService['prune']> {
    const stopped = this.all.filter(({ value }) => !isAlive(value));
    for (const container of preview ? [] : stopped) {
      this.#forget(container);
    }
    return Promise.resolve({ removed: stopped.map(({ value }) => value.id), reclaimedBytes: stopped.length * 100 });
  }

  async attach(ref: string, options: AttachOptions = {}): Promise<AttachedStreams> {
    return await Promise.resolve(this.find(ref).run.attach(options));
  }

  async *logs(ref: string, options: LogOptions = {}): AsyncGenerator<LogEntry> {
    const container = await Promise.resolve(this.find(ref));
    const wanted = (entry: LogEntry) =>
      (options.streams ?? ['stdout', 'stderr']).includes(entry.stream) &&
      entry.atMs >= (options.sinceMs ?? 0) &&
      entry.atMs <= (options.untilMs ?? Number.POSITIVE_INFINITY);
    const past = container.log.filter(wanted);
    const follow = options.follow === true && isAlive(container.value);
    const queue = new AsyncQueue<LogEntry>();
    if (follow) {
      container.logReaders.add(queue);
      options.signal?.addEventListener('abort', () => queue.end());
    }
    yield* options.tailLines === undefined ? past : past.slice(Math.max(0, past.length - options.tailLines));
    if (follow) {
      for await (const entry of queue) {
        if (wanted(entry)) {
          yield entry;
        }
      }
    }
  }

  async *stats(
    ref: string,
    options: { readonly intervalMs?: number; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<CgroupStats> {
    const container = await Promise.resolve(this.find(ref));
    while (isAlive(container.value) && options.signal?.aborted !== true) {
      yield fakeStats(container.value, this.#host.nowMs());
      await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 1000));
    }
  }

  readStats(ids: readonly ContainerId[]): Promise<ReadonlyMap<ContainerId, CgroupStats>> {
    const running = this.all.filter(({ value }) => ids.includes(value.id) && isAlive(value));
    return Promise.resolve(new Map(running.map(({ value }) => [value.id, fakeStats(value, this.#host.nowMs())])));
  }

  async top(ref: string): ReturnType<ContainerService['top']> {
    const { value } = await Promise.resolve(this.find(ref));
    if (value.state.status !== 'running') {
      throw new EngineError('conflict', `container ${value.id} is not running`);
    }
    const command = [value.process.path, ...value.process.args].join(' ');
    const { init, startedAtMs } = value.state;
    return [
      { pid: init.pid, ppid: 1, user: 'root', cpuSeconds: 3, startedAtMs, terminal: '?', rssBytes: 4096, command },
    ];
  }

  async changes(ref: string): ReturnType<ContainerService['changes']> {
    const container = await Promise.resolve(this.find(ref));
    return [...container.files.keys()].map((path) => ({ path, kind: 'added' as const }));
  }

  async statPath(ref: string, path: string): ReturnType<ContainerService['statPath']> {
    const { files } = await Promise.resolve(this.find(ref));
    const name = path.replace(/\/+$/, '').split('/').at(-1) ?? '';
    const content = files.get(path);
    if (content !== undefined) {
      return { name, sizeBytes: content.length, mode: 0o100_644, modifiedAtMs: 0 };
    }
    if (path === '/' || ['/tmp', '/etc'].includes(path.replace(/\/+$/, ''))) {
      return { name: name || '/', sizeBytes: 0, mode: 0o040_755, modifiedAtMs: 0 };
    }
    throw new EngineError('not-found', `Could not find the file ${path} in container ${ref}`);
  }

  async readArchive(ref: string, path: string): Promise<ByteStream> {
    const content = (await Promise.resolve(this.find(ref))).files.get(path);
    if (content === undefined) {
      throw new EngineError('not-found', `Could not find the file ${path} in container ${ref}`);
    }
    return streamOf(content);
  }

  async writeArchive(ref: string, path: string, tar: ByteStream): Promise<void> {
    const { files } = this.find(ref);
    for await (const bytes of tar) {
      files.set(path, Buffer.concat([files.get(path) ?? Buffer.alloc(0), bytes]));
    }
  }

  async export(ref: string): Promise<ByteStream> {
    return streamOf(Buffer.from(`tar of ${(await this.inspect(ref)).id}`));
  }

  async commit(ref: string, options: { readonly reference?: string }): Promise<Image> {
    const { id } = await this.inspect(ref);
    const image = makeFakeImage(options.reference === undefined ? [] : [`${options.reference}:latest`], {
      id: digestOf(`commit of ${id}`) as Image['id'],
    });
    this.#host.images.set(image.id, image);
    return image;
  }

  async createExec(ref: string, config: ExecConfig): Promise<ExecId> {
    const { value } = await Promise.resolve(this.find(ref));
    if (value.state.status !== 'running') {
      throw new EngineError('conflict', `container ${value.id} is not running`);
    }
    const id = digestOf(`exec ${this.#execs.size}`).slice('sha256:'.length) as ExecId;
    const run = new FakeRun(() => undefined);
    this.#execs.set(id, { id, containerId: value.id, config, run, exitCode: undefined, started: false });
    this.#host.emit('exec_create', value, { execID: id });
    return id;
  }

  async startExec(id: ExecId, options: AttachOptions = {}): Promise<AttachedStreams> {
    const exec = await Promise.resolve(this.#findExec(id));
    const streams = exec.run.attach(options);
    const exit = exec.run.start(exec.config.command, exec.config.env ?? {}, exec.config.tty ?? false);
    exec.started = true;
    void exit.then((code) => {
      exec.exitCode = code;
    });
    return streams;
  }

  async resize(ref: string): Promise<void> {
    await this.inspect(ref);
  }

  resizeExec(): Promise<void> {
    return Promise.resolve();
  }

  async inspectExec(id: ExecId): ReturnType<ContainerService['inspectExec']> {
    const exec = await Promise.resolve(this.#findExec(id));
    const { containerId, config, exitCode } = exec;
    if (exitCode !== undefined) {
      return { id, containerId, config, state: { status: 'exited', exitCode } };
    }
    return { id, containerId, config, state: exec.started ? { status: 'running', pid: 5000 } : { status: 'created' } };
  }

  #findExec(id: ExecId): FakeExec {
    const exec = this.#execs.get(id);
    if (exec === undefined) {
      throw new EngineError('not-found', `No such exec instance: ${id}`);
    }
    return exec;
  }

  #makeRun(id: ContainerId): FakeRun {
    return new FakeRun((stream, text) => {
      const container = this.find(id);
      for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
        const atMs = this.#host.nowMs();
        const time = new Date(atMs).toISOString().replace('Z', '000000Z');
        const entry = { time, atMs, stream, text: line };
        container.log.push(entry);
        for (const reader of container.logReaders) {
          reader.push(entry);
        }
      }
    });
  }

  #change(container: FakeContainer, change: Partial<Container>, action: ContainerAction): void {
    container.value = { ...container.value, ...change };
    this.#host.emit(action, container.value);
  }

  async #end(container: FakeContainer, signal: string): Promise<void> {
    const gone = new Promise((resolve) => {
      container.exitWaiters.push(resolve);
    });
    await this.kill(container.value.id, signal);
    await gone;
  }

  #onExit(container: FakeContainer, exitCode: number, startedAtMs: number): void {
    const state: ExitedState = {
      status: 'exited',
      exitCode,
      startedAtMs,
      finishedAtMs: this.#host.nowMs(),
      oomKilled: false,
    };
    container.value = { ...container.value, state };
    container.run = this.#makeRun(container.value.id);
    this.#host.emit('die', container.value, { exitCode: String(exitCode) });
    for (const reader of container.logReaders) {
      reader.end();
    }
    container.logReaders.clear();
    const waiters = container.exitWaiters;
    container.exitWaiters = [];
    for (const resolve of waiters) {
      resolve(state);
    }
    if (container.value.config.autoRemove === true) {
      this.#forget(container);
    }
  }

  #forget(container: FakeContainer): void {
    const index = this.all.indexOf(container);
    if (index >= 0) {
      this.all.splice(index, 1);
      this.#host.emit('destroy', container.value);
    }
    for (const resolve of container.removeWaiters) {
      resolve();
    }
  }
}

function isAlive(container: Container): boolean {
  return ['running', 'paused', 'restarting'].includes(container.state.status);
}

function isListed(container: Container, filter: ContainerFilter): boolean {
  const labels = container.config.labels ?? {};
  return (
    (filter.all === true || filter.status !== undefined || isAlive(container)) &&
    (filter.status ?? [container.state.status]).includes(container.state.status) &&
    (filter.name === undefined || container.name.includes(filter.name)) &&
    Object.entries(filter.labels ?? {}).every(
      ([key, value]) => key in labels && (value === undefined || labels[key] === value),
    )
  );
}
