// Bundles src/library.ts into dist/library: engine.cjs with all that the engine needs, gantry.js, which programs import, and the
// declarations that its types are made of. Nothing of it is loaded from node_modules.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { bundleThreads } from './bundle-thread.mjs';
import { recordPackages } from './bundled-packages.mjs';

const FOLDER = 'dist/library';
const ENTRY = 'src/library.ts';
/** SQLite, zstd and more of Node are used that older ones lack: docs/adr/0006. */
const OLDEST_NODE = 24;

const ENTRY_TEXT = `import { createRequire } from 'node:module';

const found = Number(process.versions.node.split('.')[0]);
if (found < ${OLDEST_NODE}) {
  throw new Error('gantry as a library needs Node.js ${OLDEST_NODE} or newer, and this is ' + process.version);
}
const library = createRequire(import.meta.url)('./engine.cjs');
export const openEngine = library.openEngine;
export const EngineError = library.EngineError;
`;

rmSync(FOLDER, { recursive: true, force: true });
const { metafile } = await build({
  metafile: true,
  entryPoints: [ENTRY],
  outfile: join(FOLDER, 'engine.cjs'),
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: `node${OLDEST_NODE}`,
  minify: true,
  legalComments: 'none',
  define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
  logLevel: 'warning',
});
recordPackages('library', metafile);
await bundleThreads(FOLDER, `node${OLDEST_NODE}`);
const formatHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => process.cwd(),
  getNewLine: () => '\n',
};
const count = writeDeclarations();
// The last one, whose time says that all is there.
writeFileSync(join(FOLDER, 'gantry.js'), ENTRY_TEXT);
console.log(`${FOLDER}: ${count} files of declarations`);

/** Those of the entry, and of each file that a declaration imports in turn. */
function writeDeclarations() {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');
  const written = new Set();
  const waiting = [resolve(ENTRY)];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (written.has(path)) continue;
    written.add(path);
    const { outputText, diagnostics } = ts.transpileDeclaration(readFileSync(path, 'utf8'), {
      fileName: path,
      reportDiagnostics: true,
      compilerOptions: { ...options, declaration: true, isolatedDeclarations: true, sourceMap: false },
    });
    if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, formatHost));
    const target = join(FOLDER, 'types', relative('src', path).replace(/\.ts$/, '.d.ts'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText.replace(/^\/\/# sourceMappingURL=.*$/m, ''));
    for (const [, name] of outputText.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)\.js['"]/g)) {
      waiting.push(resolve(dirname(path), `${name}.ts`));
    }
  }
  return written.size;
}
