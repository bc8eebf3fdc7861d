// Bundles src/main.tsx into dist/bundle: gantry.cjs, which people start, the program behind it, and a file for each part that is
// imported when it is needed. `gantry ps` reads a third of it. Why CommonJS and a compile cache: docs/adr/0010.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { build, transform } from 'esbuild';

const FOLDER = 'dist/bundle';
const require = createRequire(import.meta.url);

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

/** Modules of Node that take 2 to 8 ms to load, and that most commands never call: loaded at the first use of what they export. */
const LAZY = /^(node:)?(child_process|crypto|net|stream|zlib|(fs|readline|stream|timers)\/promises)$/;

const lazyBuiltins = {
  name: 'lazy-builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: LAZY }, ({ path, namespace, importer }) =>
      namespace === 'lazy' || !/[\\/]src[\\/]|[\\/]commander[\\/]/.test(importer)
        ? { path, external: true }
        : { path: path.replace(/^node:/, ''), namespace: 'lazy' },
    );
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => {
      const names = Object.keys(require(path)).filter((name) => name !== 'default');
      const getters = names.map((name) => `get ${name}() { return load().${name}; }`);
      return {
        contents: `let loaded;\nconst load = () => (loaded ??= require('node:${path}'));\nmodule.exports = { ${getters.join(', ')} };`,
        loader: 'js',
      };
    });
  },
};

/** What some packages do when they are loaded takes 40 ms of the first frame; and CommonJS knows no top-level await. */
const CHANGES = [
  // Devtools and the version of ink that they would show.
  {
    file: /ink[\\/]build[\\/]reconciler\.js$/,
    from: /^if \(process\.env\['DEV'\] === 'true'\) \{.*?^\}/gms,
    to: '',
  },
  // yoga hands its program to `fetch`, which loads an HTTP client, and waits for it: it can be made at once.
  {
    file: /yoga-wasm-base64-esm\.js$/,
    from: /\(function\(\)\{return w\|\|"function"!=typeof WebAssembly\.instantiateStreaming.*\.catch\(ca\);return\{\}/,
    to: 'b({instance:new WebAssembly.Instance(new WebAssembly.Module(wa()),d)});return{}',
  },
  {
    file: /yoga-layout[\\/]dist[\\/]src[\\/]index\.js$/,
    from: 'const Yoga = wrapAssembly(await loadYoga());',
    to: 'const library = {};\nloadYoga(library);\nconst Yoga = wrapAssembly(library);',
  },
  // string-width makes a regular expression of all emoji, and cuts every text that is not plain ASCII into graphemes; box drawing,
  // blocks, braille and simple arrows are one column each (UAX #11).
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
  // A file for each command costs more to open than it saves: they lie in the program, and are run when they are named.
  {
    file: /src[\\/]cli[\\/]table[\\/][a-z-]+-commands\.ts$/,
    from: /\(await import\(('\.\.\/commands\/[a-z-]+\.js')\)\)/g,
    to: 'require($1)',
  },
];

const changes = {
  name: 'changes',
  setup: ({ onLoad }) =>
    onLoad({ filter: new RegExp(CHANGES.map(({ file }) => file.source).join('|')) }, ({ path }) => {
      let contents = readFileSync(path, 'utf8');
      for (const { file, from, to } of CHANGES) {
        if (!file.test(path)) continue;
        const changed = contents.replace(from, to);
        if (changed === contents)
          throw new Error(`${path} is not what scripts/bundle.mjs changes: look at its new version`);
        contents = changed;
      }
      return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' };
    }),
};

const { outputFiles } = await build({
  entryPoints: ['src/main.tsx'],
  outdir: FOLDER,
  entryNames: 'program',
  chunkNames: '[name]-[hash]',
  outExtension: { '.js': '.cjs' },
  write: false,
  splitting: true,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  legalComments: 'none',
  define: {
    'process.env.NODE_ENV': '"production"',
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
  },
  plugins: [inkTable, lazyBuiltins, changes],
  logLevel: 'warning',
});

// Names of parts change with their content; those of the last time must not stay.
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const { path, text } of outputFiles) {
  // esbuild splits only ES modules: each part is put into CommonJS after that.
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    minify: true,
    supported: { 'dynamic-import': false },
  });
  writeFileSync(`${FOLDER}/${basename(path)}`, code);
}
// The cache lies beside the program: who can write there could change that too. Where a process cannot, nothing is kept.
writeFileSync(
  `${FOLDER}/gantry.cjs`,
  "require('node:module').enableCompileCache(__dirname + '/cache');\nrequire('./program.cjs');\n",
);
