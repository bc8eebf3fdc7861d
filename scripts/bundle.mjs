// Bundles src/main.tsx into the one file that people start: dist/bundle/gantry.mjs.
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

await build({
  entryPoints: ['src/main.tsx'],
  outfile: 'dist/bundle/gantry.mjs',
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
