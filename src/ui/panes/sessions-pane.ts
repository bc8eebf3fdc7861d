import type { ContainerId } from '../../model/ids.js';
import { isAlive } from '../../store/list-rows.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { drawFrame } from '../rows/frame.js';
import type { Session } from '../sessions/session.js';
import { isTypedInto } from '../sessions/session-input.js';
import { fitText, sanitizeText } from '../terminal/ansi-text.js';
import { emulatorRows } from '../terminal/emulator-rows.js';
import { detailTitle } from './detail-text.js';

/** The screen of the session in front, all of them as tabs in the title, and who gets the keys. */
export function paintSessions(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { theme, glyphs, sessions, workspace } = context;
  const { sessions: all, current } = sessions.getState();
  const session = sessions.current();
  const tabs = all.map((each) => {
    const isFront = each.id === current;
    const text = tabText(context, each);
    return theme.style(isFront ? 'tab' : 'muted', isFront ? `[${text}]` : text);
  });
  const index = Math.max(
    0,
    all.findIndex(({ id }) => id === current),
  );
  const isTyped = isTypedInto(sessions, workspace.view);
  return drawFrame(
    {
      width,
      height,
      isFocused,
      title:
        tabs.length === 0
          ? theme.style('title', 'Shell')
          : detailTitle(theme.style('title', 'Shells'), tabs, index, width - 24),
      notes: session === undefined ? [] : notesOf(context, session, isTyped),
      content: () =>
        session === undefined
          ? [theme.style('muted', `starting ${glyphs.ellipsis}`)]
          : emulatorRows(session.emulator, { colours: sessions.colours, showsCursor: isTyped }),
    },
    theme,
    glyphs,
  );
}

function tabText(context: PaintContext, session: Session): string {
  const { kind, container, state } = session;
  const name = fitText(sanitizeText(container.name), 16, 'left', context.glyphs.ellipsis).trimEnd();
  const what = kind === 'attach' ? `${name} attached` : name;
  if (state.status === 'running') return what;
  return state.status === 'broken' ? `${name} broken` : `${name} ended ${exitCodeOf(context, session) ?? ''}`.trimEnd();
}

/** The program that is attached to is the container's own. */
function exitCodeOf(context: PaintContext, { kind, state, container }: Session): number | undefined {
  if (kind === 'shell') return state.status === 'ended' ? state.exitCode : undefined;
  const owner = ownerOf(context, container.id);
  return owner?.state.status === 'exited' ? owner.state.exitCode : undefined;
}

const ownerOf = ({ workspace }: PaintContext, id: ContainerId) => workspace.containers.getState().byId.get(id);

/** The most useful first: how it ended, or which key leaves it. */
function notesOf(context: PaintContext, session: Session, isTyped: boolean): readonly string[] {
  const { state } = session;
  if (state.status === 'running') return runningNotes(context, session, isTyped);
  if (state.status === 'broken') return [context.theme.style('error', sanitizeText(state.message)), closeNote(context)];
  const code = exitCodeOf(context, session);
  const exit = code === undefined ? 'ended' : `ended: exit ${code}`;
  const owner = ownerOf(context, session.container.id);
  const isGone = session.kind === 'shell' && (owner === undefined || !isAlive(owner));
  return [
    context.theme.style(code === 0 ? 'muted' : 'warning', isGone ? `${exit}, the container too` : exit),
    closeNote(context),
  ];
}

function closeNote({ bindings }: PaintContext): string {
  return `${keyOf(bindings, 'session-close')} closes`;
}

function runningNotes(context: PaintContext, session: Session, isTyped: boolean): readonly string[] {
  const { theme, glyphs } = context;
  const { container, kind, emulator } = session;
  const scrolled = emulator.scrolledLines;
  const isDeaf = kind === 'attach' && ownerOf(context, container.id)?.config.openStdin !== true;
  return [
    ...(scrolled > 0 ? [theme.style('warning', `${glyphs.up}${scrolled} lines`)] : []),
    ...(isDeaf ? [theme.style('warning', 'its stdin is closed')] : []),
    ...(isTyped && kind === 'attach' ? [`${theme.style('key', 'ctrl-p ctrl-q')} detaches`] : []),
    isTyped
      ? `${theme.style('key', 'ctrl-]')} keys of the screen`
      : `${theme.style('key', keyOf(context.bindings, 'session-type'))} types`,
  ];
}
