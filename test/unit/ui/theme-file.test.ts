import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTheme } from '../../../src/ui/terminal/theme.js';
import { THEMES } from '../../../src/ui/terminal/theme-palettes.js';
import { parseTheme } from '../../../src/ui/theme-file.js';
import { listThemes, loadTheme, selectThemeName } from '../../../src/ui/themes.js';
import { makeTemporaryFolder } from '../../support/temporary-folder.js';

test('a file changes what it says and leaves the rest as in its base', () => {
  const look = parseTheme({ base: 'light', tokens: { ok: { ink: '#005fd7', bold: true } }, levels: [16, '#ff0000'] });
  assert.deepEqual(look.palette, { ...THEMES.light.palette, ok: { ink: '#005fd7', bold: true } });
  const theme = createTheme(look);
  // Of the 256 colours one that is near.
  assert.equal(theme.style('ok', 'x'), '\x1b[1m\x1b[38;5;32mx\x1b[39m\x1b[22m');
  assert.equal(theme.level(0, 'x'), '\x1b[38;5;16mx\x1b[39m');
  assert.equal(theme.level(1, 'x'), '\x1b[38;5;196mx\x1b[39m');
});

for (const [file, message] of [
  [[], 'the document must be an object'],
  [{ colours: {} }, 'the document has no field colours; it may have base, tokens, levels'],
  [{ base: 'neon' }, 'base "neon" is none of dark, light, colour-blind, plain'],
  [{ tokens: { okay: {} } }, /^tokens has no field okay; it may have text, muted, border, /],
  [{ tokens: { ok: { color: 1 } } }, 'ok has no field color; it may have bold, inverse, ink, ground'],
  [{ tokens: { ok: { ink: 256 } } }, 'ink of ok must be a colour from 0 to 255 or #rrggbb: 256'],
  [{ tokens: { ok: { ground: 'red' } } }, 'ground of ok must be a colour from 0 to 255 or #rrggbb: "red"'],
  [{ tokens: { ok: { bold: 1 } } }, 'bold of ok must be true or false'],
  [{ levels: 7 }, 'levels must be an array of colours, from calm to hot'],
] as const) {
  test(`a theme file is refused: ${JSON.stringify(file)}`, () => {
    assert.throws(() => parseTheme(file), { message });
  });
}

test('themes are found by name, in the folder of the user, and by path', (t) => {
  const config = makeTemporaryFolder(t);
  const env = { XDG_CONFIG_HOME: config };
  const folder = join(config, 'gantry', 'themes');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'sea.json'), '{ "base": "light" }');
  writeFileSync(join(folder, 'bad.json'), '{ "base": 7 }');
  assert.deepEqual(listThemes(env), ['dark', 'light', 'colour-blind', 'plain', 'bad', 'sea']);
  assert.equal(loadTheme('colour-blind', env), THEMES['colour-blind']);
  assert.deepEqual(loadTheme('sea', env), THEMES.light);
  assert.deepEqual(loadTheme(join(folder, 'sea.json'), {}), THEMES.light);
  assert.throws(() => loadTheme('bad', env), {
    message: `theme ${join(folder, 'bad.json')}: base 7 is none of dark, light, colour-blind, plain`,
  });
  assert.throws(() => loadTheme('sun', {}), {
    message: 'there is no theme sun; there are dark, light, colour-blind, plain',
  });
  assert.throws(() => loadTheme('/nowhere/x.json', env), /^Error: theme \/nowhere\/x\.json: ENOENT/);
});

test('without a choice the background says which theme it is, and NO_COLOR that there is none', () => {
  assert.equal(selectThemeName({}), 'dark');
  assert.equal(selectThemeName({ COLORFGBG: '0;15' }), 'light');
  assert.equal(selectThemeName({ COLORFGBG: '0;15', NO_COLOR: '1' }), 'plain');
  assert.equal(selectThemeName({ TERM: 'dumb' }), 'plain');
});

test('the colour-blind theme has no two states that differ by red and green alone', () => {
  // Of the 6x6x6 cube of xterm: 16 + 36 r + 6 g + b.
  const blueOrYellow = (code: number) => {
    const [r, g, b] = [Math.floor((code - 16) / 36), Math.floor((code - 16) / 6) % 6, (code - 16) % 6] as const;
    return b - (r + g) / 2;
  };
  const { ok, error, warning } = THEMES['colour-blind'].palette;
  const [good, bad, warn] = [ok, error, warning].map(({ ink }) => blueOrYellow(Number(ink))) as [
    number,
    number,
    number,
  ];
  assert.ok(good > 1 && bad < -1 && warn < 0, `${good} ${bad} ${warn}`);
});
