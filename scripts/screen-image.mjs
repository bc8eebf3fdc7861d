// Draws what a headless xterm shows as SVG and PNG. Text is set in DejaVu Sans Mono; braille, box-drawing and block characters are
// drawn as shapes, because no font at hand has braille and text rows would leave gaps in boxes.
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';

const FONT = 'DejaVu Sans Mono';
const FONT_SIZE = 14;
const CELL_WIDTH = FONT_SIZE * 0.602;
const CELL_HEIGHT = 17;
const PADDING = 10;
const FOREGROUND = '#d8dee9';
const BACKGROUND = '#15181e';
const ANSI_COLORS = [
  '#3b4252',
  '#e06c75',
  '#98c379',
  '#e5c07b',
  '#61afef',
  '#c678dd',
  '#56b6c2',
  '#abb2bf',
  '#5c6370',
  '#ff7b86',
  '#b5e890',
  '#ffd68a',
  '#82c7ff',
  '#e29bff',
  '#7fe0ec',
  '#ffffff',
];

/** Strokes of box-drawing characters by side: up, right, down, left; 1 light, 2 heavy. */
const BOX = {
  '─': [0, 1, 0, 1],
  '│': [1, 0, 1, 0],
  '┌': [0, 1, 1, 0],
  '┐': [0, 0, 1, 1],
  '└': [1, 1, 0, 0],
  '┘': [1, 0, 0, 1],
  '├': [1, 1, 1, 0],
  '┤': [1, 0, 1, 1],
  '┬': [0, 1, 1, 1],
  '┴': [1, 1, 0, 1],
  '┼': [1, 1, 1, 1],
  '━': [0, 2, 0, 2],
  '┃': [2, 0, 2, 0],
  '┿': [1, 2, 1, 2],
};
/** Rounded corners: the direction of their horizontal and vertical arm. */
const CORNERS = { '╭': [1, 1], '╮': [-1, 1], '╰': [1, -1], '╯': [-1, -1] };
/** Column and row of each of the eight dots of a braille cell, by bit. */
const DOTS = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 1],
  [1, 2],
  [0, 3],
  [1, 3],
];

/** PNG bytes of the screen, at twice its size. */
export function screenToPng(terminal) {
  const fonts = createRequire(import.meta.url)
    .resolve('dejavu-fonts-ttf/package.json')
    .replace('package.json', 'ttf/');
  const image = new Resvg(screenToSvg(terminal), {
    fitTo: { mode: 'zoom', value: 2 },
    font: {
      fontFiles: [`${fonts}DejaVuSansMono.ttf`, `${fonts}DejaVuSansMono-Bold.ttf`],
      loadSystemFonts: false,
      defaultFontFamily: FONT,
    },
  });
  return image.render().asPng();
}

function screenToSvg(terminal) {
  const width = Math.ceil(terminal.cols * CELL_WIDTH + 2 * PADDING);
  const height = terminal.rows * CELL_HEIGHT + 2 * PADDING;
  const shapes = [];
  for (let row = 0; row < terminal.rows; row++) drawRow(terminal, row, shapes);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${FONT}" font-size="${FONT_SIZE}" xml:space="preserve"><rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>${shapes.join('')}</svg>`;
}

function drawRow(terminal, row, shapes) {
  const buffer = terminal.buffer.active;
  const line = buffer.getLine(buffer.viewportY + row);
  if (!line) return;
  let run;
  const endRun = () => {
    if (run?.text.trim()) shapes.push(textShape(run, row));
    run = undefined;
  };
  for (let column = 0; column < terminal.cols; column++) {
    const cell = line.getCell(column);
    if (!cell || cell.getWidth() === 0) continue;
    const style = readStyle(cell);
    const box = {
      x: PADDING + column * CELL_WIDTH,
      y: PADDING + row * CELL_HEIGHT,
      width: CELL_WIDTH * cell.getWidth(),
    };
    if (style.background) shapes.push(rectangle({ ...box, height: CELL_HEIGHT }, style.background));
    const character = cell.getChars() || ' ';
    const drawn = drawCharacter(character, box, style.foreground);
    if (drawn !== undefined) {
      endRun();
      shapes.push(drawn);
      continue;
    }
    const key = `${style.foreground} ${style.bold} ${style.dim}`;
    if (run?.key !== key || cell.getWidth() > 1) endRun();
    run ??= { key, style, x: box.x, width: 0, text: '' };
    run.text += character;
    run.width += box.width;
    if (cell.getWidth() > 1) endRun();
  }
  endRun();
}

function textShape(run, row) {
  const y = PADDING + row * CELL_HEIGHT + CELL_HEIGHT * 0.77;
  const weight = run.style.bold ? ' font-weight="bold"' : '';
  const opacity = run.style.dim ? ' opacity="0.6"' : '';
  return `<text x="${round(run.x)}" y="${round(y)}" fill="${run.style.foreground}"${weight}${opacity} textLength="${round(run.width)}" lengthAdjust="spacing">${escapeXml(run.text)}</text>`;
}

function readStyle(cell) {
  const brighter = cell.isBold() && cell.isFgPalette() && cell.getFgColor() < 8 ? 8 : 0;
  let foreground = cell.isFgDefault() ? FOREGROUND : colorOf(cell.isFgRGB(), cell.getFgColor() + brighter);
  let background = cell.isBgDefault() ? undefined : colorOf(cell.isBgRGB(), cell.getBgColor());
  if (cell.isInverse()) [foreground, background] = [background ?? BACKGROUND, foreground];
  return { foreground, background, bold: Boolean(cell.isBold()), dim: Boolean(cell.isDim()) };
}

function colorOf(isRgb, color) {
  if (isRgb) return `#${color.toString(16).padStart(6, '0')}`;
  if (color < 16) return ANSI_COLORS[color];
  if (color >= 232) return hex([8 + (color - 232) * 10, 8 + (color - 232) * 10, 8 + (color - 232) * 10]);
  const steps = [0, 95, 135, 175, 215, 255];
  const cube = color - 16;
  return hex([steps[Math.floor(cube / 36)], steps[Math.floor(cube / 6) % 6], steps[cube % 6]]);
}

/** A character as shapes; undefined where the font draws it. */
function drawCharacter(character, box, color) {
  const code = character.codePointAt(0);
  if (code >= 0x2800 && code <= 0x28ff) return brailleDots(code - 0x2800, box, color);
  if (BOX[character]) return boxStrokes(BOX[character], box, color);
  if (CORNERS[character]) return roundedCorner(CORNERS[character], box, color);
  if (code >= 0x2581 && code <= 0x2588) {
    const height = ((code - 0x2580) / 8) * CELL_HEIGHT;
    return rectangle({ ...box, y: box.y + CELL_HEIGHT - height, height }, color);
  }
  if (code >= 0x2589 && code <= 0x258f) {
    return rectangle({ ...box, width: (box.width * (0x2590 - code)) / 8, height: CELL_HEIGHT }, color);
  }
  return undefined;
}

function brailleDots(bits, box, color) {
  return DOTS.filter((_, bit) => bits & (1 << bit))
    .map(([column, row]) => {
      const x = box.x + CELL_WIDTH * (0.28 + 0.46 * column);
      const y = box.y + CELL_HEIGHT * (0.14 + 0.245 * row);
      return `<circle cx="${round(x)}" cy="${round(y)}" r="${round(CELL_WIDTH * 0.18)}" fill="${color}"/>`;
    })
    .join('');
}

function boxStrokes(sides, box, color) {
  const x = box.x + CELL_WIDTH / 2;
  const y = box.y + CELL_HEIGHT / 2;
  const ends = [
    [x, box.y],
    [box.x + CELL_WIDTH, y],
    [x, box.y + CELL_HEIGHT],
    [box.x, y],
  ];
  return sides
    .map((weight, side) =>
      weight === 0
        ? ''
        : `<line x1="${round(x)}" y1="${round(y)}" x2="${round(ends[side][0])}" y2="${round(ends[side][1])}" stroke="${color}" stroke-width="${weight === 2 ? 2.6 : 1.2}"/>`,
    )
    .join('');
}

function roundedCorner([horizontal, vertical], box, color) {
  const x = box.x + CELL_WIDTH / 2;
  const y = box.y + CELL_HEIGHT / 2;
  const path = `M${round(x + (horizontal * CELL_WIDTH) / 2)} ${round(y)}Q${round(x)} ${round(y)} ${round(x)} ${round(y + (vertical * CELL_HEIGHT) / 2)}`;
  return `<path d="${path}" stroke="${color}" stroke-width="1.2" fill="none"/>`;
}

function rectangle(box, color) {
  return `<rect x="${round(box.x)}" y="${round(box.y)}" width="${round(box.width + 0.2)}" height="${round(box.height + 0.2)}" fill="${color}" shape-rendering="crispEdges"/>`;
}

function hex(channels) {
  return `#${channels.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

function round(number) {
  return Math.round(number * 100) / 100;
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
