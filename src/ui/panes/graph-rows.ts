import type { PaintContext } from '../paint-context.js';
import { drawGraphBlock, type GraphBlock } from '../rows/graph-block.js';
import { planGraphs } from '../rows/graph-plan.js';
import { clipText } from '../terminal/ansi-text.js';

/** Graphs that stand in rows as `planGraphs` says for the height, beginning with the row that was scrolled to. */
export function paintGraphRows(
  context: PaintContext,
  blocks: readonly GraphBlock[],
  width: number,
  height: number,
): readonly string[] {
  const { rows, visible } = planGraphs(height);
  const top = Math.min(context.workspace.view.getState().graph.top, rows.length - visible);
  const base = Math.floor(height / visible);
  return rows.slice(top, top + visible).flatMap((row, i) => {
    const shown = row.flatMap((index) => blocks[index] ?? []);
    return paintRow(context, shown, width, base + (i < height % visible ? 1 : 0));
  });
}

/** Blocks side by side, or one over the whole width. */
export function paintRow(
  context: PaintContext,
  [first, second]: readonly GraphBlock[],
  width: number,
  height: number,
): readonly string[] {
  if (first === undefined) return [];
  if (second === undefined) return pad(drawGraphBlock(context, first, width, height), height);
  const left = Math.floor((width - 2) / 2);
  const right = width - 2 - left;
  const leftRows = pad(drawGraphBlock(context, first, left, height), height);
  const rightRows = pad(drawGraphBlock(context, second, right, height), height);
  return leftRows.map((row, i) => `${clipText(row, 0, left)}  ${clipText(rightRows[i] ?? '', 0, right)}`);
}

function pad(rows: readonly string[], height: number): string[] {
  return Array.from({ length: Math.max(0, height) }, (_, i) => rows[i] ?? '');
}
