import { createInkOutput, type InkOutput } from './ink-output.js';
import { createPaneSet, type Pane, type PaneSet } from './pane-set.js';
import type { Rect } from './rect.js';
import type { TerminalOutput } from './terminal-output.js';

/**
 * Paints panes straight to the terminal beside Ink. Ink recomposes the whole screen at each change; a pane writes only the rows that
 * differ from the last time. Every write is one synchronized update (DEC mode 2026), and Ink's own frames, which go through `stdout`,
 * are held back until the panes can be painted over them in the same write, so nothing blinks.
 */
export interface Compositor {
  /** The output to hand to Ink's render(). */
  readonly stdout: InkOutput;
  readonly written: { frames: number; bytes: number };
  addPane(pane: Pane): () => void;
  /** Panes are not painted inside these rectangles. */
  addOverlay(rect: Rect): () => void;
  invalidate(pane: Pane): void;
  /** Paints all that is invalid at once; without it that happens at the end of the turn of the event loop. */
  flush(): void;
  /** Nothing is written until resume(), which paints all panes anew. */
  pause(): void;
  resume(): void;
  /** Writes a sequence that moves nothing on the screen. */
  writeControl(sequence: string): void;
  /** Clears the screen and draws everything anew, in case something else has written on it. */
  redraw(): void;
  close(): void;
}

const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';
/** Ink draws a change at the latest after this, ms: it draws 30 frames a second at most. */
const INK_FRAME_MS = 100;

/** `withMouse` adds to what switches the alternate screen (mouse.ts); `onPaint` is told after each write. */
export function createCompositor(
  terminal: TerminalOutput,
  resizeDelayMs = 50,
  withMouse = (sequence: string) => sequence,
  onPaint: () => void = () => undefined,
): Compositor {
  const panes = createPaneSet();
  const written = { frames: 0, bytes: 0 };
  let scheduled: NodeJS.Immediate | undefined;
  let isPaused = false;
  let isWaitingForDrain = false;

  const write = (text: string) => {
    written.frames++;
    written.bytes += text.length;
    terminal.write(text);
    onPaint();
  };
  const stdout = createInkOutput(terminal, {
    resizeDelayMs,
    writeFrame: (frame) => {
      leaving.drop();
      write(BEGIN + frame + (isPaused ? '' : panes.paintAll()) + END);
      if (panes.isAnyInvalid()) schedule();
    },
    writeRaw: (text) => write(withMouse(text)),
  });
  const flush = () => {
    if (isPaused || isWaitingForDrain || stdout.hasPendingFrame()) return;
    if (terminal.writableNeedDrain === true) {
      // A slow terminal gets the newest rows when it can take them, not every step on the way.
      isWaitingForDrain = true;
      terminal.once('drain', () => {
        isWaitingForDrain = false;
        flush();
      });
      return;
    }
    const out = panes.paintChanged();
    if (out !== '') write(BEGIN + out + END);
  };
  const schedule = () => {
    if (isPaused) return;
    scheduled ??= setImmediate(() => {
      scheduled = undefined;
      flush();
    });
  };
  const invalidateAll = () => {
    panes.invalidateAll();
    schedule();
  };
  const leaving = createLeavingOverlays(panes, invalidateAll);
  return {
    stdout,
    written,
    flush: () => {
      if (leaving.drop()) panes.invalidateAll();
      flush();
    },
    ...paneMethods(panes, schedule, leaving),
    pause: () => {
      isPaused = true;
    },
    resume: () => {
      isPaused = false;
      invalidateAll();
    },
    writeControl: write,
    redraw: () => {
      write('\x1b[2J');
      invalidateAll();
    },
    close: () => {
      isPaused = true;
      clearImmediate(scheduled);
      leaving.close();
      stdout.close();
    },
  };
}

interface LeavingOverlays {
  add(rect: Rect): void;
  /** Panes may be painted there: Ink has drawn without them. False where there was none. */
  drop(): boolean;
  close(): void;
}

/**
 * An overlay hides panes until Ink has drawn without it. Ink leaves out a frame that is as the one before: where a dialog closes and
 * another one like it opens at once, panes painted in between would stay above it.
 */
function createLeavingOverlays({ overlays }: PaneSet, invalidateAll: () => void): LeavingOverlays {
  const rects = new Set<Rect>();
  let timer: NodeJS.Timeout | undefined;
  const drop = () => {
    clearTimeout(timer);
    timer = undefined;
    const isAny = rects.size > 0;
    for (const rect of rects) overlays.delete(rect);
    rects.clear();
    return isAny;
  };
  return {
    add: (rect) => {
      rects.add(rect);
      timer ??= setTimeout(() => {
        drop();
        invalidateAll();
      }, INK_FRAME_MS);
    },
    drop,
    close: () => clearTimeout(timer),
  };
}

function paneMethods(
  panes: PaneSet,
  schedule: () => void,
  leaving: LeavingOverlays,
): Pick<Compositor, 'addPane' | 'addOverlay' | 'invalidate'> {
  return {
    addPane: (pane) => {
      panes.add(pane);
      schedule();
      return () => panes.remove(pane);
    },
    addOverlay: (rect) => {
      panes.overlays.add(rect);
      return () => leaving.add(rect);
    },
    invalidate: (pane) => {
      panes.invalidate(pane);
      schedule();
    },
  };
}
