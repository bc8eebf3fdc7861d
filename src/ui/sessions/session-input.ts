import type { ViewStore } from '../../store/view-store.js';
import type { SessionsStore } from './sessions-store.js';

/** ctrl-]: from the program to the keys of the screen, as telnet and virsh have it. */
const LEAVE = 0x1d;
const SHIFT_PAGE_UP = '\x1b[5;2~';
const SHIFT_PAGE_DOWN = '\x1b[6;2~';
const NOTHING = new Uint8Array(0);

/**
 * What is typed while a session is in front goes to its program, byte for byte: ctrl-c, escape and function keys too. Gives what is
 * left for the screen: all of it when no session is typed into, else what comes after ctrl-].
 */
export function createSessionInput(sessions: SessionsStore, view: ViewStore): (bytes: Buffer) => Uint8Array {
  return (bytes) => {
    const session = isTypedInto(sessions, view) ? sessions.current() : undefined;
    if (session === undefined) return bytes;
    const pages = pagesOf(bytes);
    if (pages !== 0) {
      session.emulator.scroll(pages * Math.max(1, session.emulator.terminal.rows - 1));
      sessions.setState(({ version }) => ({ version: version + 1 }));
      return NOTHING;
    }
    const at = bytes.indexOf(LEAVE);
    session.type(at < 0 ? bytes : bytes.subarray(0, at));
    if (at < 0) return NOTHING;
    sessions.setState({ isTyping: false });
    return bytes.subarray(at + 1);
  };
}

/** Shift-pageup and shift-pagedown scroll, as in terminals. */
function pagesOf(bytes: Buffer): -1 | 0 | 1 {
  const text = bytes.length === SHIFT_PAGE_UP.length ? bytes.toString('latin1') : '';
  return text === SHIFT_PAGE_UP ? -1 : text === SHIFT_PAGE_DOWN ? 1 : 0;
}

/** The pane of the sessions has the focus, nothing stands above it, and its keys are the program's. */
export function isTypedInto(sessions: SessionsStore, view: ViewStore): boolean {
  const { focus, dialog, prompt } = view.getState();
  return sessions.getState().isTyping && focus === 'sessions' && dialog === undefined && prompt === undefined;
}

/** Modes in which the terminal sends other bytes for the same key: DECCKM, DECNKM and bracketed paste. */
const MODES = [
  ['applicationCursorKeysMode', '\x1b[?1h', '\x1b[?1l'],
  ['applicationKeypadMode', '\x1b=', '\x1b>'],
  ['bracketedPasteMode', '\x1b[?2004h', '\x1b[?2004l'],
] as const;

/**
 * Brings the terminal into the modes that the program of the session asked for while it is typed into, and back after it: so it sends
 * what that program expects. `reset` is for the end of the screen.
 */
export function followKeyModes(
  sessions: SessionsStore,
  view: ViewStore,
  write: (sequence: string) => void,
): { reset(): void } {
  const set = new Set<string>();
  const apply = (isOn: (mode: (typeof MODES)[number][0]) => boolean) => {
    let out = '';
    for (const [mode, on, off] of MODES) {
      if (isOn(mode) === set.has(mode)) continue;
      out += set.has(mode) ? off : on;
      if (!set.delete(mode)) set.add(mode);
    }
    if (out !== '') write(out);
  };
  const check = () => {
    const modes = isTypedInto(sessions, view) ? sessions.current()?.emulator.terminal.modes : undefined;
    apply((mode) => modes?.[mode] === true);
  };
  const stops = [sessions.subscribe(check), view.subscribe(check)];
  return {
    reset: () => {
      for (const stop of stops) stop();
      apply(() => false);
    },
  };
}
