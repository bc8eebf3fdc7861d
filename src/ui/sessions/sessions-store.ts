import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ContainerId } from '../../model/ids.js';
import type { TerminalSize } from '../../store/actions.js';
import type { CellColours } from '../terminal/cell-style.js';
import { openSession, type Session, type SessionKind, type SessionOptions } from './session.js';

export interface SessionsState {
  /** In the order in which they were opened. What is on their screens changes in place; `version` says that it did. */
  readonly sessions: readonly Session[];
  /** Id of the one in front. */
  readonly current: number | undefined;
  /** What is typed goes to its program, while its pane has the focus. */
  readonly isTyping: boolean;
  readonly version: number;
}

export type SessionsStore = StoreApi<SessionsState> & {
  readonly colours: CellColours;
  /** Opens one and puts it in front. */
  open(options: OpenOptions): Promise<Session>;
  current(): Session | undefined;
  /** The newest of a container that runs. */
  find(container: ContainerId, kind: SessionKind): Session | undefined;
  show(id: number): void;
  /** Lets go of one. */
  close(id: number): Promise<void>;
  size(): TerminalSize;
  /** The size of their pane, which all have. */
  resize(columns: number, rows: number): void;
  /** Lets go of all of them; nothing changes after that. */
  closeAll(): Promise<void>;
};

export type OpenOptions = Pick<
  SessionOptions,
  'kind' | 'container' | 'streams' | 'hasTerminal' | 'interrupt' | 'readExitCode'
> & {
  /** The keys ctrl-p ctrl-q were typed. */
  onDetach(session: Session): void;
};

/** What comes slowly is shown at once, a flood ten times a second. */
const CALM_MS = 15;
const FLOOD_MS = 100;
/** Since the frame before: more than a screen of text that was looked at. */
const FLOOD_BYTES = 2048;

/** The sessions of the screen, whose cells have so many colours: shells, which end with it, and attached programs. */
export function createSessionsStore(colours: CellColours): SessionsStore {
  const store = createStore<SessionsState>(() => ({ sessions: [], current: undefined, isTyping: false, version: 0 }));
  let size: TerminalSize = { columns: 80, rows: 24 };
  let opened = 0;
  const change = () =>
    store.setState(({ version, isTyping, ...state }) => ({
      version: version + 1,
      isTyping: isTyping && isRunning(state),
    }));
  const notifier = createNotifier(change);
  const close = async (id: number) => {
    const { sessions, current } = store.getState();
    const index = sessions.findIndex((session) => session.id === id);
    const rest = sessions.filter((session) => session.id !== id);
    const next = current === id ? rest[Math.min(index, rest.length - 1)]?.id : current;
    store.setState({ sessions: rest, current: next, isTyping: false });
    await sessions[index]?.close();
  };
  return Object.assign(store, {
    colours,
    open: async ({ onDetach, ...options }: OpenOptions) => {
      const id = ++opened;
      const session = await openSession({
        ...options,
        ...size,
        id,
        onDetach: () => onDetach(session),
        onChange: notifier.add,
      });
      store.setState(({ sessions }) => ({ sessions: [...sessions, session], current: id, isTyping: true }));
      session.resize(size.columns, size.rows);
      return session;
    },
    current: () => findCurrent(store.getState()),
    find: (container: ContainerId, kind: SessionKind) =>
      store
        .getState()
        .sessions.findLast(
          (each) => each.container.id === container && each.kind === kind && each.state.status === 'running',
        ),
    show: (id: number) =>
      store.setState(({ sessions }) => ({ current: id, isTyping: isRunning({ sessions, current: id }) })),
    close,
    size: () => size,
    resize: (columns: number, rows: number) => {
      if (columns === size.columns && rows === size.rows) return;
      size = { columns, rows };
      for (const session of store.getState().sessions) session.resize(columns, rows);
    },
    closeAll: async () => {
      notifier.close();
      const { sessions } = store.getState();
      store.setState({ sessions: [], current: undefined, isTyping: false });
      await Promise.allSettled(sessions.map((session) => session.close()));
    },
  });
}

type Fronted = Pick<SessionsState, 'sessions' | 'current'>;

function findCurrent({ sessions, current }: Fronted): Session | undefined {
  return sessions.find(({ id }) => id === current);
}

const isRunning = (state: Fronted) => findCurrent(state)?.state.status === 'running';

/** Calls back a little after output came, and soon after anything else. */
function createNotifier(notify: () => void): { add(bytes?: number): void; close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let bytes = 0;
  let shownBytes = 0;
  let shownAtMs = 0;
  const run = () => {
    timer = undefined;
    shownBytes = bytes;
    bytes = 0;
    shownAtMs = performance.now();
    notify();
  };
  return {
    add: (more = 0) => {
      bytes += more;
      if (timer !== undefined) return;
      const pauseMs = Math.max(bytes, shownBytes) > FLOOD_BYTES ? FLOOD_MS : CALM_MS;
      timer = setTimeout(run, Math.max(0, shownAtMs + pauseMs - performance.now()));
    },
    close: () => clearTimeout(timer),
  };
}
