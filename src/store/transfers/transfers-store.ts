import { createStore, type StoreApi } from 'zustand/vanilla';
import { EngineError, messageOf } from '../../model/errors.js';
import type { PullProgress, PushProgress } from '../../model/image.js';
import { type CommandLogStore, formatCommandLine } from '../command-log-store.js';
import type { ViewStore } from '../view-store.js';
import { createTransferProgress, type TransferLayer, type TransferTotals } from './transfer-progress.js';

export type TransferKind = 'pull' | 'push' | 'save' | 'load';

/** What is to be moved, and how. */
export interface TransferRequest {
  readonly kind: TransferKind;
  /** A reference, or a file. */
  readonly name: string;
  /** The equal command line. */
  readonly args: readonly string[];
  /** The registry whose login may be wanted. */
  readonly server?: string;
  /** Resolves with what is said at its end, a line each. Ends by the signal, leaving nothing. */
  run(watch: TransferWatch): Promise<readonly string[]>;
}

export interface TransferWatch {
  readonly signal: AbortSignal;
  step(step: PullProgress | PushProgress): void;
  /** Bytes of a file that were read or written. */
  count(doneBytes: number, totalBytes: number | undefined): void;
}

export interface Transfer {
  readonly id: number;
  readonly request: TransferRequest;
  readonly status: 'running' | 'done' | 'failed' | 'cancelled';
  /** In the order in which they were named. */
  readonly layers: readonly TransferLayer[];
  readonly totals: TransferTotals;
  readonly startedAtMs: number;
  readonly endedAtMs: number | undefined;
  /** How it ended, or what is wrong. */
  readonly outcome: readonly string[];
  /** `needed`: the registry wants one; `maybe`: it does not tell strangers whether there is such an image. */
  readonly login: 'needed' | 'maybe' | 'no';
}

export interface TransfersState {
  /** Oldest first. */
  readonly transfers: readonly Transfer[];
}

export type TransfersStore = StoreApi<TransfersState> & {
  find(id: number): Transfer | undefined;
  /** Begins it and gives its id; one that runs already under the same command line is given instead. */
  start(request: TransferRequest): number;
  /** Nothing happens to one that has ended. */
  cancel(id: number): void;
  /** Begins one that has ended anew, under its id. */
  retry(id: number): void;
  /** Resolves with how it ended; undefined where there is no such transfer. */
  ended(id: number): Promise<Transfer['status'] | undefined>;
  /** Resolves when none runs. */
  settled(): Promise<void>;
};

export interface TransfersNeeds {
  readonly view: ViewStore;
  readonly commands: CommandLogStore;
  /** Cancels all. */
  readonly signal: AbortSignal;
  now(): number;
}

/** Steps come by the thousand; they are shown at most this often. */
const NOTIFY_MS = 100;
const HEARTBEAT_MS = 1000;
const KEPT_TRANSFERS = 50;
const NONE: TransferTotals = {
  doneBytes: 0,
  totalBytes: 0,
  isWholeKnown: false,
  doneLayers: 0,
  layers: 0,
  bytesPerSecond: 0,
};

/** What goes to registries and files and comes from them, several at once, whatever dialog is open. */
export function createTransfersStore({ view, commands, signal, now }: TransfersNeeds): TransfersStore {
  const store = createStore<TransfersState>(() => ({ transfers: [] }));
  const running = new Map<number, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  let lastId = 0;
  const find = (id: number) => store.getState().transfers.find((each) => each.id === id);
  const change = (id: number, values: Partial<Transfer>) =>
    store.setState(({ transfers }) => ({
      transfers: transfers.map((each) => (each.id === id ? { ...each, ...values } : each)),
    }));

  const begin = (id: number, request: TransferRequest) => {
    const stop = new AbortController();
    if (signal.aborted) stop.abort();
    const ended = follow(request, stop.signal, { view, commands, now, change: (values) => change(id, values) });
    running.set(id, { stop, ended });
    void ended.then(() => running.get(id)?.stop === stop && running.delete(id));
  };
  signal.addEventListener('abort', () => running.forEach(({ stop }) => void stop.abort()), { once: true });
  return Object.assign(store, {
    find,
    start: (request: TransferRequest) => {
      const line = formatCommandLine(request.args);
      const same = store
        .getState()
        .transfers.find((each) => each.status === 'running' && formatCommandLine(each.request.args) === line);
      if (same !== undefined) return same.id;
      const id = ++lastId;
      store.setState(({ transfers }) => ({ transfers: keepNewest([...transfers, newTransfer(id, request, now())]) }));
      begin(id, request);
      return id;
    },
    cancel: (id: number) => running.get(id)?.stop.abort(),
    retry: (id: number) => {
      const transfer = find(id);
      if (transfer === undefined || transfer.status === 'running') return;
      change(id, newTransfer(id, transfer.request, now()));
      begin(id, transfer.request);
    },
    ended: async (id: number) => {
      await running.get(id)?.ended;
      return find(id)?.status;
    },
    settled: async () => {
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  });
}

interface FollowNeeds extends Omit<TransfersNeeds, 'signal'> {
  change(values: Partial<Transfer>): void;
}

/** Runs a request to its end, whichever that is, and tells how it goes. */
async function follow(request: TransferRequest, signal: AbortSignal, needs: FollowNeeds): Promise<void> {
  const { view, commands, now, change } = needs;
  const done = commands.begin(formatCommandLine(request.args));
  const progress = createTransferProgress();
  const show = createThrottle(NOTIFY_MS, () => change(progress.read(now())));
  // A rate sinks while nothing comes, too.
  const heartbeat = setInterval(show.later, HEARTBEAT_MS);
  const watch: TransferWatch = {
    signal,
    step: (step) => {
      progress.add(step);
      show.later();
    },
    count: (doneBytes, totalBytes) => {
      progress.count(doneBytes, totalBytes);
      show.later();
    },
  };
  try {
    const outcome = await request.run(watch);
    done('ok');
    change({ ...progress.read(now()), status: 'done', outcome, endedAtMs: now() });
    view.say('ok', `${request.name} ${DID[request.kind]}`);
  } catch (error) {
    const message = messageOf(error);
    done('failed', message);
    const status = signal.aborted ? 'cancelled' : 'failed';
    const login = signal.aborted ? 'no' : loginFor(error, request);
    change({ ...progress.read(now()), status, outcome: [message], endedAtMs: now(), login });
    view.say(signal.aborted ? 'info' : 'error', message);
  } finally {
    clearInterval(heartbeat);
    show.close();
  }
}

const DID: Readonly<Record<TransferKind, string>> = {
  pull: 'pulled',
  push: 'pushed',
  save: 'written',
  load: 'loaded',
};

function newTransfer(id: number, request: TransferRequest, nowMs: number): Transfer {
  return {
    id,
    request,
    status: 'running',
    layers: [],
    totals: NONE,
    startedAtMs: nowMs,
    endedAtMs: undefined,
    outcome: [],
    login: 'no',
  };
}

/** Of too many, those that have ended go first. */
function keepNewest(transfers: readonly Transfer[]): readonly Transfer[] {
  const ended = transfers.filter(({ status }) => status !== 'running');
  const gone = new Set(ended.slice(0, Math.max(0, transfers.length - KEPT_TRANSFERS)));
  return transfers.filter((each) => !gone.has(each));
}

function loginFor(error: unknown, { server }: TransferRequest): Transfer['login'] {
  if (server === undefined || !(error instanceof EngineError)) return 'no';
  if (error.kind === 'unauthorized') return 'needed';
  // Registries answer a stranger alike for what is not there and what is not for him; Docker's words say so.
  return error.kind === 'permission-denied' || error.message.includes("may require 'docker login'") ? 'maybe' : 'no';
}

interface Throttle {
  /** Acts after the interval, once for all calls in it. */
  later(): void;
  close(): void;
}

function createThrottle(intervalMs: number, act: () => void): Throttle {
  let timer: NodeJS.Timeout | undefined;
  return {
    later: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        act();
      }, intervalMs);
    },
    close: () => clearTimeout(timer),
  };
}
