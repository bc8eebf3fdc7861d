// Bundles src/main.tsx into dist/bundle/gantry.mjs, which people start, and a file beside it for each part that is imported when it is
// needed: `gantry ps` reads 60 kB of a megabyte.
import { rmSync } from 'node:fs';
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
  plugins: [inkTable],
  logLevel: 'warning',
});
