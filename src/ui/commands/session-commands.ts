import type { Container } from '../../model/container.js';
import { isAlive } from '../../store/list-rows.js';
import type { Command } from '../command.js';
import { keyHint } from '../keymap.js';
import type { Session, SessionKind } from '../sessions/session.js';
import type { CommandContext } from './command-context.js';
import { nameSome } from './questions.js';

type SessionCommand = Extract<Command, `session${string}` | 'shell' | 'shell-full' | 'attach'>;

/** What the keys of shells and attached programs do. */
export const SESSION_RUNNERS: Readonly<Record<SessionCommand, (context: CommandContext) => void>> = {
  shell: (context) => openOne(context, 'shell'),
  attach: (context) => openOne(context, 'attach'),
  'shell-full': (context) => {
    if (findRunning(context) !== undefined) void context.lendToShell();
  },
  sessions: showAgain,
  'session-type': typeInto,
  'session-leave-key': (context) => {
    context.sessions.current()?.send(Uint8Array.of(0x1d));
    typeInto(context);
  },
  'session-next': (context) => step(context, 1),
  'session-previous': (context) => step(context, -1),
  'session-new': openAnother,
  'session-close': (context) => void closeCurrent(context),
};

/** Shells that would end with the screen, to be named before it ends; nothing where there is none. */
export function nameShells({ sessions }: CommandContext): string {
  const shells = sessions
    .getState()
    .sessions.filter(({ kind, state }) => kind === 'shell' && state.status === 'running');
  return nameSome(shells.map(({ container }) => `the shell in ${container.name}`));
}

/** To the list; the sessions go on. */
export function leaveSessions({ view }: CommandContext['workspace']): void {
  view.setState(({ list }) => ({ focus: list, zoom: 'normal', showsSessions: false }));
}

/** The selected container where it runs; else the status line says why not. */
function findRunning({ workspace, bindings }: CommandContext): Container | undefined {
  const container = workspace.selectedContainer();
  if (container !== undefined && isAlive(container)) return container;
  const start = keyHint(bindings, 'start-stop', 'starts it');
  workspace.view.say('info', container === undefined ? 'no container' : `${container.name} does not run${start}`);
  return undefined;
}

/** Opens one in the selected container, or shows the one that is open there. */
function openOne(context: CommandContext, kind: SessionKind): void {
  const container = findRunning(context);
  if (container === undefined) return;
  const open = context.sessions.find(container.id, kind);
  if (open !== undefined) context.sessions.show(open.id);
  if (open !== undefined) showPane(context);
  else void openIn(context, kind, container);
}

async function openIn(context: CommandContext, kind: SessionKind, container: Container): Promise<void> {
  const { workspace, sessions, bindings } = context;
  // The pane has its size before the program starts.
  showPane(context);
  const { id, name } = container;
  const onDetach = (session: Session) => {
    leaveSessions(workspace);
    if (kind === 'shell')
      workspace.view.say('info', `the shell in ${name} goes on${keyHint(bindings, 'sessions', 'shows it')}`);
    else void sessions.close(session.id).then(() => workspace.view.say('ok', `detached from ${name}`));
  };
  const common = { kind, container: { id, name }, onDetach };
  if (kind === 'shell') {
    const shell = await workspace.actions.openShell(container, sessions.size());
    if (shell === undefined) leaveEmpty(context);
    else await sessions.open({ ...common, ...shell, hasTerminal: true });
    return;
  }
  const streams = await workspace.actions.attach(container);
  if (streams === undefined) {
    leaveEmpty(context);
    return;
  }
  await sessions.open({
    ...common,
    streams,
    hasTerminal: container.config.tty === true,
    // As Docker's attach does for a program without a terminal.
    interrupt: () => void workspace.actions.kill(container, 'SIGINT'),
    // The state of the container has it.
    readExitCode: () => Promise.resolve(undefined),
  });
}

/** What could not be opened leaves no empty pane behind. */
function leaveEmpty({ workspace, sessions }: CommandContext): void {
  if (sessions.getState().sessions.length === 0) leaveSessions(workspace);
}

function showPane({ workspace }: CommandContext): void {
  workspace.view.setState({ showsSessions: true, focus: 'sessions' });
}

function showAgain(context: CommandContext): void {
  const { sessions, workspace, bindings } = context;
  const current = sessions.current();
  if (current === undefined) {
    const open = keyHint(bindings, 'shell', 'opens one in the selected container');
    workspace.view.say('info', `no shell is open${open}`);
    return;
  }
  sessions.show(current.id);
  showPane(context);
}

function typeInto({ sessions, workspace, bindings }: CommandContext): void {
  const current = sessions.current();
  if (current?.state.status === 'running') sessions.show(current.id);
  else workspace.view.say('info', `the program has ended${keyHint(bindings, 'session-close', 'closes its tab')}`);
}

/** The keys stay the screen's: who looks through the tabs does not type yet. */
function step({ sessions }: CommandContext, by: 1 | -1): void {
  const { sessions: all, current } = sessions.getState();
  const index = all.findIndex(({ id }) => id === current);
  const next = all[(index + by + all.length) % all.length];
  if (next !== undefined) sessions.setState({ current: next.id, isTyping: false });
}

function openAnother(context: CommandContext): void {
  const { sessions, workspace } = context;
  const id = sessions.current()?.container.id;
  const container = id === undefined ? workspace.selectedContainer() : workspace.containers.getState().byId.get(id);
  if (container === undefined || !isAlive(container)) {
    workspace.view.say('info', `${container?.name ?? 'the container'} does not run`);
    return;
  }
  void openIn(context, 'shell', container);
}

async function closeCurrent({ sessions, workspace }: CommandContext): Promise<void> {
  const current = sessions.current();
  if (current === undefined) return;
  const { kind, container, state } = current;
  await sessions.close(current.id);
  if (sessions.getState().sessions.length === 0) leaveSessions(workspace);
  if (state.status === 'running')
    workspace.view.say('ok', kind === 'shell' ? `shell in ${container.name} ended` : `detached from ${container.name}`);
}
