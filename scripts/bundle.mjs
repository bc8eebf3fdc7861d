// Bundles src/main.tsx into dist/bundle: gantry.cjs, which people start, the program behind it, and a file for each part that is
// imported when it is needed. `gantry ps` reads a third of it. Why CommonJS and a compile cache: docs/adr/0010.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename } from 'node:path';
import { build, transform } from 'esbuild';
import { bundleThreads } from './bundle-thread.mjs';
import { recordPackages } from './bundled-packages.mjs';

const FOLDER = 'dist/bundle';
/** SQLite, zstd and more of Node are used that older ones lack: docs/adr/0006. */
const OLDEST_NODE = 24;
const require = createRequire(import.meta.url);

/**
 * In the bundle ink-table shares the one copy of ink and React. The shim that loads it at run time, for the unbundled program, would
 * bring a second copy in from node_modules. Loaded with the first table: it asks OpenSSL for the list of its hashes.
 */
const inkTable = {
  name: 'ink-table',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]ui[\\/]components[\\/]table\.tsx$/ }, () => ({
      contents:
        "import { createElement } from 'react';\nexport const Table = (props) => createElement(require('ink-table').default, props);\n",
      loader: 'js',
    })),
};

/** Modules that take 2 to 8 ms to load, and that most commands never call: loaded at the first use of what they export. */
const LAZY =
  /^((node:)?(child_process|crypto|net|tls|worker_threads|zlib|(fs|readline|stream|timers)\/promises)|commander)$/;

/** Who gets them so: others, such as execa, are themselves loaded when they are used. */
const IMPORTERS = /[\\/](src|node_modules[\\/](commander|terminal-size))[\\/]/;

/** What begins with a capital is a class: it can be made, and neither be extended nor asked for by `instanceof`. */
const forward = (name) =>
  `export function ${name}(...args) { return ${/^[A-Z]/.test(name) ? 'new ' : ''}(load().${name})(...args); }`;

const lazyBuiltins = {
  name: 'lazy-builtins',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: LAZY }, ({ path, namespace, importer }) => {
      if (namespace !== 'lazy' && IMPORTERS.test(importer))
        return { path: path.replace(/^node:/, ''), namespace: 'lazy' };
      return isBuiltin(path) ? { path, external: true } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => {
      // Functions only: who imports anything else of such a module hears it when it is bundled.
      const names = Object.entries(require(path))
        .filter(([name, value]) => typeof value === 'function' && !name.startsWith('_'))
        .map(([name]) => name);
      return {
        contents: [
          `let loaded;\nconst load = () => (loaded ??= require('${isBuiltin(path) ? `node:${path}` : path}'));`,
          ...names.map(forward),
          `export default { ${names.join(', ')} };`,
        ].join('\n'),
        loader: 'js',
        resolveDir: process.cwd(),
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
  // string-width makes a segmenter and regular expressions of whole properties of Unicode (20 ms), and cuts every text that is not
  // plain ASCII into graphemes; box drawing, blocks, braille and simple arrows are one column each (UAX #11).
  {
    file: /string-width[\\/]index\.js$/,
    from: /^const (\w+Regex) = (\/.*\/\w+);$/gm,
    to: 'const $1 = lazyRegex(() => $2);',
  },
  {
    file: /string-width[\\/]index\.js$/,
    from: 'const segmenter = new Intl.Segmenter();',
    to: `
      let known;
      const segmenter = { segment: (text) => (known ??= new Intl.Segmenter()).segment(text) };
      function lazyRegex(make) {
        let regex;
        const get = () => (regex ??= make());
        return {
          test: (text) => get().test(text),
          [Symbol.match]: (text) => text.match(get()),
          [Symbol.search]: (text) => text.search(get()),
        };
      }`,
  },
  {
    file: /string-width[\\/]index\.js$/,
    from: 'if (/^[\\u0020-\\u007E]*$/.test(string)) {',
    to: 'if (/^[ -~]*$/.test(string) || (ambiguousIsNarrow && /^[ -~\\u2026\\u2190-\\u2193\\u2500-\\u25FC\\u2800-\\u28FF]*$/.test(string))) {',
  },
  // A segmenter costs 15 ms, and a first frame of spaces cuts nothing into graphemes.
  ...[
    /[\\/]wrap-ansi[\\/]index\.js$/,
    /ansi-tokenize[\\/]build[\\/]tokenize\.js$/,
    /ink[\\/]build[\\/]line-update\.js$/,
  ].map((file) => ({
    file,
    from: /^const segmenter = (new Intl\.Segmenter\(.*\));$/m,
    to: 'let known;\nconst segmenter = { segment: (text) => (known ??= $1).segment(text) };',
  })),
  // What lists containers is run without an engine, and lies in the program.
  {
    file: /src[\\/]cli[\\/]table[\\/]container-commands\.ts$/,
    from: /\(await import\(('\.\.\/commands\/ps\.js')\)\)/g,
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

const { outputFiles, metafile } = await build({
  entryPoints: ['src/main.tsx'],
  outdir: FOLDER,
  entryNames: 'program',
  chunkNames: '[name]-[hash]',
  outExtension: { '.js': '.cjs' },
  write: false,
  metafile: true,
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
// esbuild splits only ES modules: each part is put into CommonJS after that.
const CJS = { format: 'cjs', platform: 'node', target: 'node24', supported: { 'dynamic-import': false } };
/** Its own functions for that come first in each part, and end here where the part exports anything. */
const END_OF_HELPERS = 'var stdin_exports={};';
const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));

const USUAL =
  /^src\/cli\/commands\/(attach|cleanup|commit|complete|cp|create|diff|embedded|events|exec|export|history|images|import|inspect|kill|layers|load|logs|network|pause|port|pull|rename|rm|rmi|run|save|start|stats|stop|tag|top|update|volume|wait)\.ts$/;

// Parts that are loaded together lie in one file: to find, read and look up one costs 0.4 ms, and a command had more than a hundred.
const files = [
  // What every command loads, and what lists containers without an engine.
  { name: 'program.cjs', first: 'program.cjs', has: ['program', 'list-settled'] },
  // What every command over the local engine loads beside that, with the little that the screen shares with other commands; and these,
  // as a file for each costs more to open than it saves. Those that are seldom run, or run for long, have one: all others would read them.
  { name: 'engine.cjs', has: ['open-engine', 'start-ui'], commands: USUAL },
  // What a container's creation and start load beside that.
  { name: 'start.cjs', has: ['run-options', 'endpoints', 'legacy-links', 'open-networks', 'connect-networks'] },
];
/** Where a part lies: the file and its number in it. */
const places = new Map();
for (const { name, has, commands } of files) {
  const together = listLoadedWith(has, commands).filter((part) => !places.has(part) && !part.startsWith('start-ui-'));
  for (const [number, part] of together.entries()) places.set(part, { file: name, number });
}
for (const { name, first } of files) {
  const own = [...places].filter(([, { file }]) => file === name);
  const parts = await Promise.all(
    own.map(async ([part, { number }]) => {
      const code = withoutHelpers(await toCommonJs(texts.get(part), { minifyWhitespace: true }));
      // The brackets make V8 compile a part with the file, so that the cache has it.
      return `parts[${number}] = (function (module) {${renameRequires(code, name)}\n});\n`;
    }),
  );
  const whole = [
    await makeHelpers(),
    'const parts = [], loaded = [];\n',
    'function part(index) { if (!loaded[index]) parts[index]((loaded[index] = { exports: {} })); return loaded[index].exports; }\n',
    'module.exports = part;\n',
    ...parts,
    ...(first ? [`part(${places.get(first).number});\n`] : []),
  ];
  writeFileSync(`${FOLDER}/${name}`, await toCommonJs(whole.join(''), { minify: true }));
}
for (const [name, text] of texts) {
  if (places.has(name)) continue;
  const code = await toCommonJs(text, { minify: true });
  writeFileSync(`${FOLDER}/${name}`, renameRequires(code, name));
}
recordPackages('bundle', metafile);
await bundleThreads(FOLDER, 'node24');
// The cache lies beside the program: who can write there could change that too. Where a process cannot, nothing is kept.
writeFileSync(
  `${FOLDER}/gantry.cjs`,
  `if (parseInt(process.versions.node) < ${OLDEST_NODE}) {
  console.error('gantry: Node.js ${OLDEST_NODE} or newer is needed, and this is ' + process.version + '; npm installs one with the package, unless told --omit=optional');
  process.exit(1);
}
require('node:module').enableCompileCache(__dirname + '/cache');
require('./program.cjs');
`,
);

async function toCommonJs(text, options) {
  return (await transform(text, { ...CJS, ...options })).code;
}

/** All parts of one file share them. */
async function makeHelpers() {
  const all = 'import fs from "node:fs"; export const one = fs; export const later = () => import("node:path");';
  const code = await toCommonJs(all, { minifyWhitespace: true });
  // esbuild copies what a part exports into an object of getters that call getters, and once more for an import() of it.
  return `${code.slice(0, code.indexOf(END_OF_HELPERS))}
    const own = new WeakSet(), copy = __toESM;
    __toCommonJS = (part) => (own.add(part), Object.defineProperty(part, '__esModule', { value: true }));
    __toESM = (given, ...more) => (own.has(given) ? given : copy(given, ...more));
  `;
}

function withoutHelpers(code) {
  const at = code.indexOf(END_OF_HELPERS);
  return at > 0 && at < 2_000 ? code.slice(at) : code;
}

/** The parts of these names or sources, all that is loaded with them at once, in that order. */
function listLoadedWith(names, sources) {
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  const isNamed = (file) => names.includes(file.replace(/(-[A-Z0-9]{8})?\.cjs$/, ''));
  const isSource = (file) => sources?.test(outputs.get(file).entryPoint ?? '') ?? false;
  const found = new Set([...outputs.keys()].filter((file) => isNamed(file) || isSource(file)));
  for (const file of found) {
    for (const { path, kind, external } of outputs.get(file).imports) {
      if (!external && kind === 'import-statement') found.add(basename(path));
    }
  }
  return [...found];
}

/** What asks for a part that lies with others asks their file for its number. */
function renameRequires(code, asking) {
  return code.replace(/\brequire\("\.\/([^"]+)"\)/g, (call, name) => {
    const place = places.get(name);
    if (place === undefined) return call;
    return place.file === asking ? `part(${place.number})` : `require("./${place.file}")(${place.number})`;
  });
}
