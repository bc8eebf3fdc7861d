// Bundles src/main.tsx into dist/bundle/gantry.mjs, which people start, and a file beside it for each part that is imported when it is
// needed: `gantry ps` reads 60 kB of a megabyte.
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

/**
 * In the bundle ink-table shares the one copy of ink and React. The shim that loads it at run time, for the unbundled program, would
 * bring a second copy in from node_modules.
 */
const inkTable = {
  name: 'ink-table',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]ui[\\/]components[\\/]table\.tsx$/ }, () => ({
      contents: "import inkTable from 'ink-table';\nexport const Table = inkTable.default;\n",
      loader: 'js',
    })),
};

/**
 * What two packages do when they are loaded takes 40 ms of the first frame. yoga hands its program to `fetch`, which loads an
 * HTTP client, and has another way where there is none. string-width makes a regular expression of all emoji, and cuts every
 * text that is not plain ASCII into graphemes; box drawing, blocks, braille and simple arrows are one column each (UAX #11).
 */
const CHANGES = [
  { file: /yoga-wasm-base64-esm\.js$/, from: /^/, to: 'const fetch = undefined;\n' },
  {
    file: /string-width[\\/]index\.js$/,
    from: 'const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;',
    to: 'let rgi; const rgiEmojiRegex = { test: (text) => (rgi ??= /^\\p{RGI_Emoji}$/v).test(text) };',
  },
  {
    file: /string-width[\\/]index\.js$/,
    from: 'if (/^[\\u0020-\\u007E]*$/.test(string)) {',
    to: 'if (/^[ -~]*$/.test(string) || (ambiguousIsNarrow && /^[ -~\\u2026\\u2190-\\u2193\\u2500-\\u25FC\\u2800-\\u28FF]*$/.test(string))) {',
  },
];

const lean = {
  name: 'lean',
  setup: ({ onLoad }) =>
    onLoad({ filter: /(yoga-wasm-base64-esm|string-width[\\/]index)\.js$/ }, ({ path }) => {
      let contents = readFileSync(path, 'utf8');
      for (const { file, from, to } of CHANGES) {
        if (!file.test(path)) continue;
        const changed = contents.replace(from, () => to);
        if (changed === contents)
          throw new Error(`${path} is not what scripts/bundle.mjs changes: look at its new version`);
        contents = changed;
      }
      return { contents, loader: 'js' };
    }),
};

// Names of parts change with their content; those of the last time must not stay.
rmSync('dist/bundle', { recursive: true, force: true });

await build({
  entryPoints: ['src/main.tsx'],
  outdir: 'dist/bundle',
  entryNames: 'gantry',
  chunkNames: '[name]-[hash]',
  outExtension: { '.js': '.mjs' },
  splitting: true,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  sourcemap: false,
  legalComments: 'none',
  define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  alias: { 'react-devtools-core': './scripts/no-devtools.mjs' },
  plugins: [inkTable, lean],
  logLevel: 'warning',
});
