import type { ViewStore } from '../../store/view-store.js';
import type { EmulatorMouse } from '../terminal/emulator.js';
import type { MouseReport } from '../terminal/mouse.js';
import { hasCell, type Rect } from '../terminal/rect.js';
import type { Session } from './session.js';
import type { SessionsStore } from './sessions-store.js';

/** Bits of a report's code: xterm's control sequences, "Mouse Tracking". */
const MODIFIERS = 0b11100;
const MOTION = 0b100000;
const WHEEL = 0b1000000;
const NO_BUTTON = 3;
/** Ends of the arrows that a step of the wheel is, by its code: as many as the rows that it goes in the screen's own panes. */
const WHEEL_ARROWS: Readonly<Record<number, string>> = { 64: 'AAA', 65: 'BBB' };
/** Cells that a byte of the old encoding can tell. */
const OLD_CELLS = 223;

/**
 * Gives the mouse to the program of the session in front where it has asked for it: what happens on its screen, told in its cells, and what
 * began there. On the alternate screen it is told the wheel without asking, as arrows. True: the event is the program's.
 */
export function createSessionMouse(
  sessions: SessionsStore,
  view: ViewStore,
): (report: MouseReport, screen: Rect | undefined) => boolean {
  /** Where a button was pressed that is not released yet. */
  let pressed: number | undefined;
  return (report, screen) => {
    const session = uncoveredSession(sessions, view);
    const holder = pressed;
    const change = buttonChange(report);
    if (change === 'release') pressed = undefined;
    if (session === undefined || screen === undefined) return false;
    const isInside = hasCell(screen, report);
    if (session.emulator.mouse.tracking === 'none') return isInside && sendArrows(session, report);
    if (!isInside && holder !== session.id) return false;
    // A click gives it the keys, as it does to other panes.
    if (change === 'press') {
      pressed = session.id;
      view.setState({ focus: 'sessions' });
      sessions.show(session.id);
    }
    const text = encodeMouse(toScreen(report, screen), session.emulator.mouse);
    if (text !== undefined) session.send(Buffer.from(text, 'latin1'));
    return true;
  };
}

function buttonChange({ code, isRelease }: MouseReport): 'press' | 'release' | undefined {
  if ((code & (MOTION | WHEEL)) !== 0) return undefined;
  return isRelease ? 'release' : 'press';
}

/** The session in front where its program runs and nothing stands above it. */
function uncoveredSession(sessions: SessionsStore, view: ViewStore): Session | undefined {
  const session = sessions.current();
  const { dialog, prompt } = view.getState();
  return dialog === undefined && prompt === undefined && session?.state.status === 'running' ? session : undefined;
}

function sendArrows({ emulator, send }: Session, { code }: MouseReport): boolean {
  const arrows = WHEEL_ARROWS[code];
  if (arrows === undefined || !emulator.hasArrowWheel) return false;
  const lead = emulator.terminal.modes.applicationCursorKeysMode ? '\x1bO' : '\x1b[';
  send(Buffer.from([...arrows].map((arrow) => lead + arrow).join('')));
  return true;
}

/** What a program that has asked for the mouse so is told; undefined: it has not asked for such events. Its cells count from 0. */
export function encodeMouse(
  { code, x, y, isRelease }: MouseReport,
  { tracking, isSgr }: EmulatorMouse,
): string | undefined {
  const isMotion = (code & MOTION) !== 0;
  const hasButton = (code & 3) !== NO_BUTTON;
  if (tracking === 'none') return undefined;
  if (isMotion && !(tracking === 'any' || (tracking === 'drag' && hasButton))) return undefined;
  // X10's mode tells presses alone, without modifiers.
  if (tracking === 'x10' && (isRelease || (code & WHEEL) !== 0)) return undefined;
  const told = tracking === 'x10' ? code & ~MODIFIERS : code;
  if (isSgr) return `\x1b[<${told};${x + 1};${y + 1}${isRelease ? 'm' : 'M'}`;
  if (x >= OLD_CELLS || y >= OLD_CELLS) return undefined;
  const button = isRelease ? (told & ~3) | NO_BUTTON : told;
  return `\x1b[M${String.fromCharCode(button + 32, x + 33, y + 33)}`;
}

/** A drag that goes beyond the screen stays at its edge. */
function toScreen(report: MouseReport, { x, y, width, height }: Rect): MouseReport {
  return {
    ...report,
    x: Math.max(0, Math.min(width - 1, report.x - x)),
    y: Math.max(0, Math.min(height - 1, report.y - y)),
  };
}

/** Has the terminal tell movements while a program in front wants them; `reset` is for the end of the screen. */
export function followMouseModes(
  sessions: SessionsStore,
  view: ViewStore,
  track: (motion: 'none' | 'drag' | 'any') => void,
): { reset(): void } {
  const check = () => {
    const session = view.getState().showsSessions ? sessions.current() : undefined;
    const tracking = session?.state.status === 'running' ? session.emulator.mouse.tracking : 'none';
    track(tracking === 'drag' || tracking === 'any' ? tracking : 'none');
  };
  const stops = [sessions.subscribe(check), view.subscribe(check)];
  return {
    reset: () => {
      for (const stop of stops) stop();
      track('none');
    },
  };
}
